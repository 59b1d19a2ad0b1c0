from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from clips import CLIPS, MODEL
from ser import corpora
from ser.cli.main import main
from ser.corpora import seen, splits
from ser.corpora.base import Clip
from ser.errors import CorpusError
from ser.evaluation import pages, report, targets
from ser.evaluation.degradations import CARRIED_OVER
from ser.evaluation.pages import PAGE_FILE
from ser.evaluation.plots import PLOTS
from ser.evaluation.report import FullReport
from ser.evaluation.scores import REPORT_FILE
from ser.models.manifest import CROSS_VALIDATION, AlsoTrainedOn, Manifest
from ser.models.predictor import EmotionPredictor
from ser.models.store import ModelDirectory
from ser.training import card

pytestmark = pytest.mark.slow

CODES = {"Angry": "ANG", "Happy": "HAP", "Sad": "SAD", "Disgust": "DIS"}
SPEAKERS = sorted(splits.standard_split("cremad")["dev"])[:12]


@pytest.fixture(scope="module", autouse=True)
def _few(few_degradations: None) -> None:
    """Each is tested by itself."""


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Real clips under borrowed names: twelve actors, four emotions, neutral ones, tables."""
    folder = tmp_path_factory.mktemp("corpus")
    people, votes = ["ActorID,Age,Sex,Race,Ethnicity"], ['"",A,D,F,H,N,S,fileName']
    of_emotion = {code: [c.path for c in CLIPS if c.emotion == name] for name, code in CODES.items()}
    for number, speaker in enumerate(SPEAKERS):
        people.append(f"{speaker},{20 + number},{('Male', 'Female')[number % 2]},Unknown,")
        for code, paths in of_emotion.items():
            (folder / f"{speaker}_DFA_{code}_XX.webm").symlink_to(paths[number % 3])
            chosen = ",".join(str(3 * (letter == code[0]) + 1) for letter in "ADFHNS")
            votes.append(f"100001,{chosen},{speaker}_DFA_{code}_XX")
        for sentence, path in zip(("IEO", "TIE"), of_emotion["SAD"], strict=False):
            (folder / f"{speaker}_{sentence}_NEU_XX.webm").symlink_to(path)
    (folder / f"{SPEAKERS[0]}_ITH_ANG_HI.wav").write_text("no sound")
    (folder / "VideoDemographics.csv").write_text("\n".join(people))
    (folder / "tabulatedVotes.csv").write_text("\n".join(votes))
    return folder


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("report")


@pytest.fixture(scope="module")
def ordinary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Real clips under borrowed names: two held-out speakers, and one of the training part."""
    folder = tmp_path_factory.mktemp("ordinary")
    for number, speaker in enumerate(("01", "21", "22", "22")):
        path = folder / "arabic" / speaker / f"{number}.webm"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(CLIPS[number].path)
    return folder


@pytest.fixture(scope="module")
def found(corpus: Path, ordinary: Path, out: Path, predictor: EmotionPredictor) -> FullReport:
    clips = corpora.load("cremad", corpus)
    return report.evaluate_model(
        predictor,
        clips,
        corpus="cremad",
        split="dev",
        annotations=corpora.annotate("cremad", corpus, clips),
        ordinary_speech=ordinary,
        onnx_bytes=1_000_000,
        out=out,
    )


def test_scores_are_those_of_the_products_pipeline(
    found: FullReport, corpus: Path, predictor: EmotionPredictor
) -> None:
    clips = [c for c in corpora.load("cremad", corpus, emotions=CODES) if c.path.suffix == ".webm"]
    right = sum(predictor.predict(clip.path).emotion == clip.emotion for clip in clips)
    assert found.clips == len(clips) + 1
    assert found.refused == 1
    assert found.wa == pytest.approx(right / found.clips)
    assert found.conditions[0].wa.value == pytest.approx(found.wa)
    assert found.conditions[0].uar.value == pytest.approx(found.uar)
    assert found.conditions[0].macro_f1.value == pytest.approx(found.macro_f1)


def test_one_speaker_has_no_intervals(corpus: Path, tmp_path: Path, predictor: EmotionPredictor) -> None:
    clips = [clip for clip in corpora.load("cremad", corpus) if clip.speaker == SPEAKERS[1]]
    found = report.evaluate_model(predictor, clips, corpus="cremad", split="dev", out=tmp_path)
    text, page = report.as_text(found), (tmp_path / PAGE_FILE).read_text()
    assert "on 1 dev speaker of CREMA-D" in text
    assert "Figures of one speaker have no interval over speakers." in page
    uar = f"{found.conditions[0].uar.value:.3f}"
    assert f"nothing known of the speaker | 0.0 s | 1 | {uar} |" in page
    for said in (text, page):
        assert not re.findall(r"\d\.\d{3} ?[(-]\d", said)
        assert " to " not in said.partition("degradation")[2].partition("\n\n")[0]
        assert "95 %" not in said
    written = json.loads((tmp_path / REPORT_FILE).read_text())
    estimates = [each["uar"] for name in ("conditions", "curve", "robustness") for each in written[name]]
    assert len(estimates) > 8
    assert {(each["low"], each["high"]) for each in estimates} == {(None, None)}
    assert FullReport.model_validate(written) == found


def test_every_condition_and_part_is_there(found: FullReport) -> None:
    assert [each.name for each in found.conditions] == ["none", "neutral_3", "own_20", "own_all"]
    assert [each.draws for each in found.conditions] == [1, 5, 5, 1]
    assert found.conditions[1].speech_s > 2
    for each in found.conditions:
        assert each.uar.low <= each.uar.value <= each.uar.high
    kinds = {kind: [p.seconds for p in found.curve if p.kind == kind] for kind in ("mixed", "neutral")}
    # Six clips of about 2 s are no 20 s.
    assert kinds["mixed"] == [0, 2, 5, 10]
    assert kinds["neutral"][:2] == [0, 2]
    assert found.left_out == {"Neutral": 24}
    assert found.trained_on == []
    assert set(found.speaker_uar) == set(SPEAKERS)
    assert {"opus_24k", "babble_10db", CARRIED_OVER} == {each.name for each in found.robustness}
    assert found.ordinary is not None
    assert (found.ordinary.split, found.ordinary.clips, found.ordinary.speakers) == ("dev", 3, 2)
    # Nobody said where noise is.
    assert "noise_10db" not in {each.name for each in found.robustness}
    assert found.cost.network_ms > 0
    assert found.cost.pipeline_ms > 0


def test_groups_of_people_are_compared(found: FullReport) -> None:
    by = {grouping.by: grouping for grouping in found.groups}
    assert set(by) == {"sex", "age third", "intensity"}
    assert [(group.name, group.speakers) for group in by["sex"].groups] == [("Female", 6), ("Male", 6)]
    assert [group.name for group in by["age third"].groups] == ["20-23 years", "24-27 years", "28-31 years"]
    # Four are too few.
    assert by["age third"].gap is None
    uars = [group.uar["none"] for group in by["sex"].groups]
    assert by["sex"].gap is not None
    assert by["sex"].gap["none"] == pytest.approx(abs(uars[0] - uars[1]))


def test_people_are_compared_with_the_model(found: FullReport) -> None:
    assert found.people is not None
    assert found.people.clips == 48
    # Four of seven votes for what was meant, one for each of the three other emotions that count.
    rows = {row.who: row for row in found.people.agreement}
    assert rows["one listener"].intended == pytest.approx(4 / 7)
    assert rows["most listeners"].intended == 1
    model = rows["the model, nothing known of the speaker"]
    assert model.plurality == pytest.approx(model.intended)
    assert all(0 < group.people < 1 for group in found.groups[0].groups if group.people)


def test_files_hold_what_was_found(found: FullReport, out: Path) -> None:
    assert {path.name for path in out.iterdir()} == {REPORT_FILE, PAGE_FILE, *PLOTS.values()}
    assert FullReport.model_validate_json((out / REPORT_FILE).read_text()) == found
    for name in PLOTS.values():
        assert (out / name).read_bytes().startswith(b"\x89PNG")
    page = (out / PAGE_FILE).read_text()
    assert set(re.findall(r"!\[[^]]*\]\(([^)]*)\)", page)) == set(PLOTS.values())
    assert f"| nothing known of the speaker | 0.0 s | 1 | {found.uar:.3f} (" in page
    assert "12 dev speakers of CREMA-D, none of them in training" in page
    assert "3 clips of ordinary speech, of 2 speakers" in page
    assert "3 clips of ordinary speech, of 2 speakers" in report.as_text(found)


def test_the_card_shows_the_same(found: FullReport) -> None:
    manifest = ModelDirectory(MODEL).manifest.model_dump()
    # Below a cross-validation, its headings are one level deeper.
    manifest["metrics"].pop(CROSS_VALIDATION, None)
    manifest["metrics"]["dev"] = {**found.as_dict(), "of_other_seeds": [0.5]}
    text = card.render(Manifest.model_validate(manifest))
    assert report.sections(found, level=3) in text


def shipped(name: str) -> FullReport:
    """The report of a shipped model on its dev speakers."""
    return FullReport.model_validate_json((MODEL.with_name(name) / REPORT_FILE).read_text())


def changed(found: FullReport, *, by: float) -> FullReport:
    """The same with other UAR."""
    conditions = [
        each.model_copy(update={"uar": dataclasses.replace(each.uar, value=each.uar.value + by)})
        for each in found.conditions
    ]
    return found.model_copy(update={"conditions": conditions})


@pytest.mark.parametrize(
    ("name", "least"),
    [("cremad-4", ("0.750", "0.770", "0.790")), ("cremad-6", ("0.630", "0.660", "0.670"))],
)
def test_targets_are_compared_with_the_scores(name: str, least: tuple[str, ...]) -> None:
    found = shipped(name)
    rows = {row.title: row for row in targets.of(found)}
    good, bad = report.page(changed(found, by=0.2)), report.page(changed(found, by=-0.3))
    for condition, bound in zip(found.conditions, least, strict=False):
        value = condition.uar.value
        row = f"| UAR, {condition.title} | at least {bound} |"
        assert f"{row} {value + 0.2:.3f} | met |" in good
        assert f"{row} {value - 0.3:.3f} | **NOT MET** |" in bad
        outcome = "met" if value >= float(bound) else "**NOT MET**"
        assert f"{row} {value:.3f} | {outcome} |" in report.page(found)
    assert bad.count("**NOT MET**") == good.count("**NOT MET**") + 3
    assert "NOT MET" in report.as_text(changed(found, by=-0.3))
    assert rows["parameters"].met == (found.cost.parameters <= 1_500_000)
    assert rows["ONNX file"].met == (found.cost.onnx_bytes <= 6_000_000)
    drops = {each.title: each.drop.value for each in found.robustness}
    assert rows["drop of UAR, Opus, 24 kbit/s"].found == drops["Opus, 24 kbit/s"]
    gaps = {each.by: each.gap["none"] for each in found.groups if each.gap}
    assert rows["largest gap of UAR by race, nothing known of the speaker"].met == (gaps["race"] <= 0.05)
    assert sum(title.startswith("ECE") for title in rows) == 3


def test_only_shipped_models_on_unknown_speakers_have_targets() -> None:
    found = shipped("cremad-4")
    other = found.model_copy(update={"corpus": "RAVDESS"})
    assert [each.bound for each in targets.of(other)] == [0.45, 0.58]
    for update in ({"model": "mine"}, {"corpus": "own recordings"}, {"trained_on": ["1001"]}):
        assert targets.of(found.model_copy(update=update)) == []
        assert "## Targets" not in report.page(found.model_copy(update=update))


def test_a_random_split_is_compared_with_the_honest_figure(found: FullReport) -> None:
    flattered = found.model_copy(update={"random_split": {"uar": 0.876}})
    assert "UAR 0.876" in report.page(flattered)
    assert "UAR 0.876" in report.as_text(flattered)
    assert "both training and test" in report.page(flattered)
    less = found.model_copy(update={"random_split": {"uar": 0.0}})
    assert "no higher here" in report.page(less)
    assert "random split" not in report.page(found.model_copy(update={"random_split": None}))


def test_a_model_that_takes_no_baseline_is_scored_without(tmp_path: Path) -> None:
    for code, clip in zip(CODES.values(), CLIPS, strict=False):
        (tmp_path / f"1049_DFA_{code}_XX.webm").symlink_to(clip.path)
    predictor = EmotionPredictor.load(MODEL)
    predictor.manifest = predictor.manifest.model_copy(update={"scaling": None})
    found = report.evaluate_model(
        predictor, corpora.load("cremad", tmp_path), corpus="cremad", out=tmp_path / "out"
    )
    assert [each.name for each in found.conditions] == ["none"]
    assert found.curve == []
    assert PLOTS["curve"] not in (tmp_path / "out" / PAGE_FILE).read_text()
    assert not (tmp_path / "out" / PLOTS["curve"]).exists()


def test_the_same_seed_gives_the_same(corpus: Path, predictor: EmotionPredictor) -> None:
    clips = [clip for clip in corpora.load("cremad", corpus) if clip.speaker in SPEAKERS[1:3]]
    one, other = (report.evaluate_model(predictor, clips, corpus="cremad", seed=3) for _ in range(2))
    assert one.model_copy(update={"cost": other.cost}) == other
    assert one.people is None
    assert one.groups == []


def test_speakers_of_the_training_are_reported(predictor: EmotionPredictor, tmp_path: Path) -> None:
    for code, clip in zip(CODES.values(), CLIPS, strict=False):
        (tmp_path / f"1001_DFA_{code}_XX.webm").symlink_to(clip.path)
    found = report.evaluate_model(predictor, corpora.load("cremad", tmp_path), corpus="cremad")
    assert found.trained_on == ["1001"]
    assert "IN TRAINING" in report.page(found)
    assert "IN TRAINING" in report.as_text(found)


def test_unknown_speakers_may_be_in_training_only_of_the_corpus_that_was_trained_on(tmp_path: Path) -> None:
    for clip in CLIPS[:6]:
        (tmp_path / clip.emotion).mkdir(exist_ok=True)
        (tmp_path / clip.emotion / clip.path.name).symlink_to(clip.path)
    clips = corpora.load("folder", tmp_path)
    predictor = EmotionPredictor.load(MODEL)
    found = report.evaluate_model(predictor, clips, corpus="folder")
    assert (found.split_by, found.same_corpus) == ("clip", False)
    assert found.unseen == "none of them in training"
    own = predictor.manifest.corpus.model_copy(update={"title": found.corpus})
    predictor.manifest = predictor.manifest.model_copy(update={"corpus": own})
    assert "may be IN TRAINING" in report.evaluate_model(predictor, clips, corpus="folder").unseen


def test_speakers_of_further_corpora_in_training_are_known(predictor: EmotionPredictor) -> None:
    facts = corpora.facts("ordinary", [])
    further = AlsoTrainedOn(corpus=facts, clips=3, speakers=["01"])
    manifest = predictor.manifest.model_copy(update={"also_trained_on": [further]})
    clips = [
        Clip(Path("arabic/01/up.ogg"), "01", "Neutral"),
        Clip(Path("arabic/21/up.ogg"), "21", "Neutral"),
        Clip(Path("english/alexa/0.ogg"), "english/alexa/0", "Neutral", speaker_known=False),
        Clip(Path("english/view-glass/0.ogg"), "english/view-glass/0", "Neutral", speaker_known=False),
    ]
    assert seen.trained_on(manifest, facts.title, clips) == {"01", "english/alexa/0"}
    alone = predictor.manifest.model_copy(update={"also_trained_on": []})
    assert seen.trained_on(alone, facts.title, clips) == set()
    card_text = card.render(manifest)
    assert "It was also trained on 3 clips, of 1 named speakers, of Ordinary speech" in card_text
    assert "It was also trained on single words" in card_text


def test_another_corpus_is_scored_on_the_emotions_it_shares(tmp_path: Path) -> None:
    codes = {"Happy": "03", "Sad": "04", "Angry": "05"}
    for actor, offset in (("01", 0), ("02", 1)):
        folder = tmp_path / "data" / f"Actor_{actor}"
        folder.mkdir(parents=True)
        for name, code in codes.items():
            clips = [clip.path for clip in CLIPS if clip.emotion == name]
            (folder / f"03-01-{code}-01-01-01-{actor}.webm").symlink_to(clips[offset])
        for code in ("01", "02"):
            (folder / f"03-01-{code}-01-01-01-{actor}.webm").symlink_to(CLIPS[offset].path)
    arguments = ["evaluate", "--model", MODEL, "--corpus", "ravdess", "--data", tmp_path / "data"]
    result = CliRunner().invoke(main, [str(each) for each in [*arguments, "--out", tmp_path / "out"]])
    assert result.exit_code == 0, result.output
    assert "2 speakers of RAVDESS: none of them in training" in result.stdout
    found = json.loads((tmp_path / "out" / REPORT_FILE).read_text())
    assert found["emotions"] == ["Angry", "Happy", "Sad"]
    assert found["left_out"] == {"Neutral": 2, "Calm": 2}
    assert found["uar"] == pytest.approx(
        sum(found["per_class"][name]["recall"] for name in found["emotions"]) / 3
    )
    assert "non-commercial" in (tmp_path / "out" / PAGE_FILE).read_text()
    result = CliRunner().invoke(main, [str(each) for each in [*arguments, "--split", "dev"]])
    assert result.exit_code == 2
    assert "No standard split of 'ravdess'" in result.stderr


def test_what_cannot_be_scored_is_refused(predictor: EmotionPredictor, tmp_path: Path) -> None:
    broken = tmp_path / "1001_DFA_ANG_XX.wav"
    broken.write_text("no sound")
    with pytest.raises(CorpusError, match="refused"):
        report.evaluate_model(predictor, corpora.load("cremad", tmp_path), corpus="cremad")
    broken.rename(tmp_path / "1001_DFA_NEU_XX.wav")
    with pytest.raises(CorpusError, match="knows: Angry"):
        report.evaluate_model(predictor, corpora.load("cremad", tmp_path), corpus="cremad")


def test_the_confidence_of_a_vote_is_not_called_calibrated(found: FullReport) -> None:
    assert "before calibration" in pages.page(found)
    voting = found.calibration.model_copy(update={"voting": True})
    page = pages.page(found.model_copy(update={"calibration": voting}))
    assert "of the shares of the windows' votes" in page
    assert "before calibration" not in page

# make run    the API and the page on http://127.0.0.1:5000  (HOST=, PORT=)
# make static  the page alone, which answers on the visitor's device: files for any web server, in build/static
# make wheel   one file with the server, the page and the default models: dist/speech_emotion_server-*.whl
# make docs   the documentation as a site, in build/docs
# make test   everything: linters, types, unit, API and browser tests; make test-fast what takes a minute
PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 5000

BIN := .venv/bin
PIP := PIP_DISABLE_PIP_VERSION_CHECK=1 $(BIN)/python -m pip install --quiet --constraint constraints.txt
PAGE := frontend/dist/index.html
SPEECH_DETECTOR := backend/ser/speech/silero/silero_vad.onnx
PAGE_SPEECH_DETECTOR := frontend/packages/ser-web/silero_vad.onnx
PAGE_SOURCES := $(shell find frontend/src frontend/packages/*/src frontend/public frontend/index.html frontend/*.ts frontend/*.json -type f 2>/dev/null)

.PHONY: run test test-fast fuzz static bench bench-check soak screenshots openapi check check-backend check-frontend test-backend test-frontend frontend notebook train-deps lock wheel deploy-check docs clean

run: .venv/.serve $(PAGE)
	$(BIN)/ser serve --host $(HOST) --port $(PORT)

# The page's tests run beside the others.
test: .venv/.chromium .venv/.servers $(PAGE)
	$(MAKE) --no-print-directory --jobs 2 check
	$(MAKE) --no-print-directory --jobs 2 test-frontend test-backend

static: .venv/.serve frontend/node_modules/.installed $(PAGE_SPEECH_DETECTOR)
	npm --prefix frontend run --silent build -- --mode static --outDir ../build/static --emptyOutDir
	$(BIN)/python frontend/static_files.py build/static

# For the daily loop: without browsers, servers, trainings and hours of sound.
test-fast: .venv/.dev
	$(BIN)/pytest --numprocesses 2 --no-loadscope-reorder --max-worker-restart 0 -m "not slow" --ignore tests/e2e --ignore tests/training

# A campaign of N damaged files, requests and streams; what does harm is stored in tests/data/finds.
fuzz: .venv/.dev
	PYTHONPATH=tests $(BIN)/python -m tests.fuzz.campaign --mutations $(or $(N),20000) --seed $(or $(SEED),1)

# The times in PERFORMANCE.md. With CREMAD=DIR NOISE=DIR also an hour of audio, and what is taken for speech.
bench: .venv/.bench $(PAGE) .venv/.chromium
	taskset -c 0,1 $(BIN)/python benchmarks/servers.py
	taskset -c 0,1 $(BIN)/python benchmarks/latency.py
	$(BIN)/python benchmarks/start.py
	$(BIN)/python benchmarks/live_delay.py
	$(BIN)/python benchmarks/on_device.py
	$(BIN)/python benchmarks/streams.py
	$(BIN)/python benchmarks/growth.py
ifdef CREMAD
	taskset -c 0,1 $(BIN)/python benchmarks/long_audio.py speed --cremad $(CREMAD) --noise $(NOISE)
	$(BIN)/python benchmarks/long_audio.py speech --cremad $(CREMAD) --noise $(NOISE)
endif

# Half an hour of mixed traffic: answers, memory, times. Writes benchmarks/soak.json and docs/soak.png.
soak: .venv/.bench
	$(BIN)/python benchmarks/soak.py

# Fails where something became more than a quarter slower, as a ratio to a server as published.
bench-check: .venv/.bench
	taskset -c 0,1 $(BIN)/python benchmarks/servers.py --check --rounds 40 --seconds 12

# Takes the pictures of the README anew.
screenshots: .venv/.dev $(PAGE) .venv/.chromium
	UPDATE_SCREENSHOTS=1 $(BIN)/pytest tests/e2e -k 'picture or server_stopped'

# Runs the notebook's script and writes the notebook: on SER_NOTEBOOK_DATA (CREMA-D), else on tests/data.
notebook: .venv/.dev
	$(BIN)/python notebook/execute.py

check: check-backend check-frontend

check-backend: .venv/.dev
	$(BIN)/ruff check backend deploy tests benchmarks notebook docs frontend/packages frontend/static_files.py setup.py
	$(BIN)/ruff format --check backend deploy tests benchmarks notebook docs frontend/packages frontend/static_files.py setup.py
	$(BIN)/mypy

check-frontend: frontend/node_modules/.installed
	npm --prefix frontend run --silent lint
	npm --prefix frontend run --silent typecheck

# Three at a time, as half of the time goes by with what is recorded and played.
test-backend: .venv/.dev $(PAGE) .venv/.chromium .venv/.servers
	$(BIN)/pytest --numprocesses 3 --no-loadscope-reorder --max-worker-restart 0

test-frontend: frontend/node_modules/.installed
	npm --prefix frontend test --silent

frontend: $(PAGE)

train-deps: .venv/.train

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/.serve: pyproject.toml constraints.txt | .venv/bin/python $(SPEECH_DETECTOR)
	$(PIP) --editable '.[published]'
	touch $@

.venv/.train: .venv/.serve
	$(PIP) --editable '.[train]'
	touch $@

.venv/.docs: .venv/.serve
	$(PIP) --editable '.[docs]'
	touch $@

.venv/.dev: .venv/.serve
	$(PIP) --editable '.[dev]'
	touch $@ .venv/.train .venv/.docs

.venv/.bench: .venv/.dev
	$(PIP) --editable '.[bench]'
	touch $@

.venv/.servers: tests/install-servers.sh | .venv/.dev
	sh tests/install-servers.sh
	touch $@

.venv/.chromium: tests/install-chromium.sh | .venv/.dev
	sh tests/install-chromium.sh
	touch $@

frontend/node_modules/.installed: frontend/package.json frontend/package-lock.json
	npm --prefix frontend ci --no-audit --no-fund --loglevel=error
	touch $@

$(PAGE): frontend/node_modules/.installed $(PAGE_SPEECH_DETECTOR) $(PAGE_SOURCES)
	npm --prefix frontend run --silent build
	touch $@

# What finds speech, in the server and in the browser; see there.
$(SPEECH_DETECTOR): backend/ser/speech/silero/download.py backend/ser/speech/silero/network.onnx | .venv/bin/python
	$(BIN)/python $<

$(PAGE_SPEECH_DETECTOR): $(SPEECH_DETECTOR)
	cp $< $@

# The page's copy of the API's description, and its types.
openapi: .venv/.serve frontend/node_modules/.installed
	$(BIN)/flask --app ser.app openapi --format json --indent 2 --output frontend/openapi.json
	npm --prefix frontend run --silent api-types

# Builds anew: setuptools would put files of an earlier build into the wheel.
wheel: .venv/bin/python $(PAGE)
	rm -rf build/lib build/bdist.* dist
	$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir dist .

# The documentation as a site, in build/docs. Fails where a link or an anchor leads nowhere.
docs: .venv/.docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

# What `make test` leaves out, as it needs further tools, other Pythons, or a container engine. Says what it
# could not run.
deploy-check: .venv/.dev .venv/.servers $(PAGE)
	$(BIN)/python deploy/check.py

# Needs uv. One version of each package for every Python from 3.11 on. Constraints can have no hashes: what a
# server installs has them in a file of its own.
lock:
	uv pip compile --universal --fork-strategy fewest --python-version 3.11 --all-extras \
	  --no-annotate --no-header --no-emit-package speech-emotion-server --quiet pyproject.toml -o constraints.txt
	uv pip compile --universal --fork-strategy fewest --python-version 3.11 --extra redis --extra tracing \
	  --constraints constraints.txt --generate-hashes \
	  --no-annotate --no-header --no-emit-package speech-emotion-server --quiet pyproject.toml -o deploy/requirements.lock

clean:
	rm -rf .venv frontend/node_modules frontend/dist .cache

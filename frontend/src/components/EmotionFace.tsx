import AngryFace from '~icons/fluent-emoji-flat/angry-face';
import AstonishedFace from '~icons/fluent-emoji-flat/astonished-face';
import CryingFace from '~icons/fluent-emoji-flat/crying-face';
import FearfulFace from '~icons/fluent-emoji-flat/fearful-face';
import BlueDiamond from '~icons/fluent-emoji-flat/large-blue-diamond';
import OrangeDiamond from '~icons/fluent-emoji-flat/large-orange-diamond';
import FrustratedFace from '~icons/fluent-emoji-flat/face-with-steam-from-nose';
import GreenCircle from '~icons/fluent-emoji-flat/green-circle';
import NauseatedFace from '~icons/fluent-emoji-flat/nauseated-face';
import NeutralFace from '~icons/fluent-emoji-flat/neutral-face';
import PurpleCircle from '~icons/fluent-emoji-flat/purple-circle';
import RelievedFace from '~icons/fluent-emoji-flat/relieved-face';
import SmilingFace from '~icons/fluent-emoji-flat/smiling-face-with-smiling-eyes';
import SmirkingFace from '~icons/fluent-emoji-flat/smirking-face';
import Star from '~icons/fluent-emoji-flat/star';
import StarStruckFace from '~icons/fluent-emoji-flat/star-struck';
import YawningFace from '~icons/fluent-emoji-flat/yawning-face';
import { emotionAppearance, type Face } from '@/lib/emotionAppearance';

const faces: Record<Face, typeof AngryFace> = {
  angry: AngryFace,
  astonished: AstonishedFace,
  crying: CryingFace,
  fearful: FearfulFace,
  frustrated: FrustratedFace,
  nauseated: NauseatedFace,
  neutral: NeutralFace,
  relieved: RelievedFace,
  smiling: SmilingFace,
  smirking: SmirkingFace,
  starStruck: StarStruckFace,
  yawning: YawningFace,
  blueDiamond: BlueDiamond,
  greenCircle: GreenCircle,
  orangeDiamond: OrangeDiamond,
  purpleCircle: PurpleCircle,
  star: Star,
};

/** Needs no emoji font; as large as the text around it. */
export function EmotionFace({ emotion }: { emotion: string }) {
  const { face } = emotionAppearance(emotion);
  const Svg = faces[face];
  return <Svg aria-hidden="true" data-face={face} />;
}

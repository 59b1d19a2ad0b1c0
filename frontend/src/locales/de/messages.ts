import common from './common.json';
import comparison from './comparison.json';
import history from './history.json';
import key from './key.json';
import live from './live.json';
import models from './models.json';
import problems from './problems.json';
import session from './session.json';
import shell from './shell.json';
import upload from './upload.json';
import voice from './voice.json';

export const messages = {
  ...common,
  ...comparison,
  ...history,
  ...key,
  ...live,
  ...models,
  ...problems,
  ...session,
  ...shell,
  ...upload,
  ...voice,
};

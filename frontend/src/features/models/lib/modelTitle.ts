import type { Model } from '@/lib/apiSchemas';
import { t } from '@/lib/i18n';
import { knowsNeutral } from './chooseModel';

function shortTitle({ name, group, emotions }: Model): string {
  if (group === 'published') return name;
  const count = emotions.length;
  return t('models.title', { count });
}

/** What people call a model: the number of its emotions; published systems have names of their own. */
export function modelTitle(model: Model, models: readonly Model[] = []): string {
  const title = shortTitle(model);
  if (model.group === 'published') return title;
  const isAmbiguous = models.some((other) => other.name !== model.name && shortTitle(other) === title);
  // As with models that somebody trained on this server.
  if (isAmbiguous) return `${title}: ${model.name}`;
  return knowsNeutral(model) ? t('models.titleRecommended', { title }) : title;
}

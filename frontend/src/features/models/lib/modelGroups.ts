import type { Model, Models } from '@/lib/apiSchemas';
import { chooseModel } from './chooseModel';

/** The models by group, the page's own choice before the others. */
export function modelGroups(models: Models): Record<Model['group'], Model[]> {
  const first = chooseModel(models);
  const sorted = [...models.models].sort((a, b) => Number(b === first) - Number(a === first));
  const of = (group: Model['group']) => sorted.filter((model) => model.group === group);
  return { recommended: of('recommended'), published: of('published') };
}

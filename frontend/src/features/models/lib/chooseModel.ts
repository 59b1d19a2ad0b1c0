import type { Model, Models } from '@/lib/apiSchemas';
import { isNeutral } from '@/lib/emotionAppearance';

/** Speech without emotion needs a class too. */
export function knowsNeutral({ emotions }: Model): boolean {
  return emotions.some(isNeutral);
}

/** The model picked by name; else the default, or the first recommended one with Neutral if the default has none. */
export function chooseModel(
  { models, default: byDefault }: Models,
  picked?: string,
): Model | undefined {
  const named = (name: string | undefined) => models.find((model) => model.name === name);
  const pickedModel = named(picked);
  if (pickedModel) return pickedModel;
  const defaultModel = named(byDefault);
  if (defaultModel && knowsNeutral(defaultModel)) return defaultModel;
  const first = models.find((model) => model.group === 'recommended' && knowsNeutral(model));
  return first ?? defaultModel ?? models[0];
}

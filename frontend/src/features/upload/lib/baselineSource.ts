/** Whose statistics normalise the features: the recording's, the user's, or all speakers'. */
export const baselineSources = ['recording', 'own', 'everybody'] as const;

export type BaselineSource = (typeof baselineSources)[number];

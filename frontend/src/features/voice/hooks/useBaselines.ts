import { useEffect, useState, useSyncExternalStore } from 'react';
import { BaselineStore, type BaselineState } from '../lib/baselineStore';

/** One store, shared by all views. */
export function useBaselines(): BaselineStore {
  const [baselines] = useState(() => new BaselineStore());
  useEffect(() => baselines.followOtherTabs(), [baselines]);
  return baselines;
}

export function useBaselineState(baselines: BaselineStore): BaselineState {
  return useSyncExternalStore(baselines.subscribe, baselines.getState);
}

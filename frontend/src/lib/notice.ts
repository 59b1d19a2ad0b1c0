import type { ComponentType, SVGProps } from 'react';

export type Icon = ComponentType<SVGProps<SVGSVGElement>>;

/** A sentence about what goes on, and what to do. */
export interface NoticeContent {
  tone: 'info' | 'problem';
  icon: Icon;
  title: string;
  detail: string;
}

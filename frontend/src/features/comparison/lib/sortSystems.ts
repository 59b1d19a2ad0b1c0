import type { System } from '@/lib/comparisonSchemas';
import type { Column, Order } from './columns';

export interface Sorting {
  column: Column;
  order: Order;
}

/** By another column, the best first; by the same one, the other way round. */
export function sortBy(column: Column, { column: current, order }: Sorting): Sorting {
  if (column.name !== current.name) return { column, order: column.bestFirst };
  return { column, order: order === 'ascending' ? 'descending' : 'ascending' };
}

function compare(one: number | string, other: number | string): number {
  if (typeof one === 'string' || typeof other === 'string') {
    return String(one).localeCompare(String(other), 'en');
  }
  return one - other;
}

/** What was not measured comes last in either order. */
export function sortSystems(systems: System[], { column, order }: Sorting): System[] {
  const sign = order === 'ascending' ? 1 : -1;
  return systems.toSorted((a, b) => {
    const [one, other] = [column.value(a), column.value(b)];
    if (one === null || other === null) return Number(one === null) - Number(other === null);
    return sign * compare(one, other);
  });
}

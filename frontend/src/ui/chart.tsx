import { Skeleton } from '@mantine/core'
import { Suspense, lazy } from 'react'
import type { ChartProps } from './chart-props'

const Drawing = lazy(() => import('./chart-drawing'))

/** A chart over time. The library behind it loads when the first one is shown. */
export function Chart(props: ChartProps) {
  return <Suspense fallback={<Skeleton height={300} />}><Drawing {...props} /></Suspense>
}

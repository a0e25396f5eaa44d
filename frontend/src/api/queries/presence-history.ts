import { queryOptions } from '@tanstack/react-query'
import { answer, type Api } from '../client'

/** More than a page draws; a vehicle that changes more often is drawn as far back as this reaches. */
const MOST_PERIODS = 1000

const HOUR_MS = 3_600_000
export const presenceRanges = { day: 24 * HOUR_MS, week: 7 * 24 * HOUR_MS } as const
export type PresenceRange = keyof typeof presenceRanges

/** The last 24 hours or 7 days. `statusSince` names the change it is read after: another change, another reading. */
export const presenceHistoryQuery = (api: Api, vehicleId: string, range: PresenceRange, statusSince: string) =>
  queryOptions({
    queryKey: ['vehicles', 'presence-history', vehicleId, range, new Date(statusSince).getTime()] as const,
    queryFn: ({ signal }) => {
      const since = new Date(Date.now() - presenceRanges[range]).toISOString()
      const params = { path: { vehicle_id: vehicleId }, query: { since, limit: MOST_PERIODS } }
      return answer(api.GET('/api/v1/vehicles/{vehicle_id}/presence-history', { params, signal }))
    },
  })

/** Who and which vehicle, by id, for lists that hold ids only. */
import { keepPreviousData, useQueries, useQuery, useQueryClient } from '@tanstack/react-query'
import { useApi } from '@/api/client'
import { MOST_NAMES, userNamesQuery } from '@/api/queries/users'
import { vehicleKeys, vehicleListQuery, vehicleQuery, type Vehicle } from '@/api/queries/vehicles'
import { useUser } from '@/session/session-context'

/** Names of these users, asked from the server once for all of them; a short number until they are known. */
export function useUserNames(ids: readonly string[]): (userId: string) => string {
  const me = useUser()
  const asked = [...new Set(ids)].filter((id) => id !== me.user_id).sort().slice(0, MOST_NAMES)
  const { data } = useQuery({ ...userNamesQuery(useApi(), asked), enabled: asked.length > 0, placeholderData: keepPreviousData })
  return (userId) => {
    if (userId === me.user_id) return me.username
    return data?.find((account) => account.user_id === userId)?.username ?? `user ${userId.slice(0, 8)}`
  }
}

const PART = 200

/**
 * The vehicles with these ids, as far as they are known. What the page has read anyway comes first, then the first part
 * of the fleet, then single vehicles: a list of 50 lines must not read a fleet of 10 000.
 */
export function useVehiclesById(ids: readonly string[]): ReadonlyMap<string, Vehicle> {
  const api = useApi()
  const queries = useQueryClient()
  const first = useQuery({ ...vehicleListQuery(api, { limit: PART }), staleTime: 5 * 60_000, enabled: ids.length > 0 })
  const known = new Map<string, Vehicle>()
  for (const vehicle of queries.getQueryData<Vehicle[]>(vehicleKeys.everyOne) ?? []) known.set(vehicle.vehicle_id, vehicle)
  for (const vehicle of first.data?.items ?? []) known.set(vehicle.vehicle_id, vehicle)
  const missing = first.isPending ? [] : [...new Set(ids)].filter((id) => !known.has(id))
  const single = useQueries({
    queries: missing.map((id) => ({ ...vehicleQuery(api, id), staleTime: 5 * 60_000 })),
  })
  for (const { data } of single) if (data !== undefined) known.set(data.vehicle_id, data)
  return known
}

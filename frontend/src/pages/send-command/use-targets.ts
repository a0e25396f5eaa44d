import { useQueries, useQuery, type UseQueryResult } from '@tanstack/react-query'
import { useApi } from '@/api/client'
import { everyVehicleQuery, vehicleQuery, type Vehicle } from '@/api/queries/vehicles'

/** Above this many one reading of the whole fleet is quicker than one per vehicle. */
const FEW = 6

export interface Targets {
  readonly vehicles: readonly Vehicle[]
  readonly isLoading: boolean
  /** Ids in the address that lead nowhere. */
  readonly missing: number
  readonly error: unknown
}

/** The vehicles of the address, in its order. */
export function useTargets(ids: readonly string[]): Targets {
  const api = useApi()
  const isFew = ids.length <= FEW
  const single = useQueries({ queries: (isFew ? ids : []).map((id) => vehicleQuery(api, id)), combine: joined })
  const every = useQuery({ ...everyVehicleQuery(api), enabled: !isFew })
  if (isFew) return { ...single, missing: single.isLoading ? 0 : ids.length - single.vehicles.length }
  const byId = new Map((every.data ?? []).map((vehicle) => [vehicle.vehicle_id, vehicle]))
  const vehicles = ids.flatMap((id) => byId.get(id) ?? [])
  return { vehicles, isLoading: every.isPending, missing: every.isPending ? 0 : ids.length - vehicles.length, error: every.error }
}

function joined(results: UseQueryResult<Vehicle>[]) {
  return {
    vehicles: results.flatMap(({ data }) => data ?? []),
    isLoading: results.some(({ isPending }) => isPending),
    error: results.find(({ error }) => error !== null)?.error ?? null,
  }
}

import { queryOptions, skipToken } from '@tanstack/react-query'
import type { components, operations } from '@/contracts/openapi'
import { answer, type Api } from '../client'

export type Vehicle = components['schemas']['VehicleOut']
export type VehicleList = components['schemas']['VehicleList']
export type VehicleFilter = NonNullable<operations['listVehicles']['parameters']['query']>

/** Keys of everything about vehicles. Live changes patch by them (src/live/query-patches.ts). */
export const vehicleKeys = {
  all: ['vehicles'] as const,
  lists: ['vehicles', 'list'] as const,
  list: (filter: VehicleFilter) => ['vehicles', 'list', filter] as const,
  everyOne: ['vehicles', 'every'] as const,
  count: ['vehicles', 'count'] as const,
  one: (vehicleId: string) => ['vehicles', 'one', vehicleId] as const,
  knowledge: (vehicleId: string) => ['vehicles', 'knowledge', vehicleId] as const,
}

export const vehicleListQuery = (api: Api, filter: VehicleFilter) =>
  queryOptions({
    queryKey: vehicleKeys.list(filter),
    queryFn: ({ signal }) => answer(api.GET('/api/v1/vehicles', { params: { query: filter }, signal })),
  })

export const vehicleQuery = (api: Api, vehicleId: string) =>
  queryOptions({
    queryKey: vehicleKeys.one(vehicleId),
    queryFn: ({ signal }) =>
      answer(api.GET('/api/v1/vehicles/{vehicle_id}', { params: { path: { vehicle_id: vehicleId } }, signal })),
  })

/** What the last completed DiscoverECUs and ReadDTC found; the vehicle is not asked. */
export const vehicleKnowledgeQuery = (api: Api, vehicleId: string) =>
  queryOptions({
    queryKey: vehicleKeys.knowledge(vehicleId),
    queryFn: ({ signal }) =>
      answer(api.GET('/api/v1/vehicles/{vehicle_id}/knowledge', { params: { path: { vehicle_id: vehicleId } }, signal })),
  })

const PART = 200

/** How many vehicles there are, once the first part of every vehicle is read; null before. */
export const vehicleCountQuery = queryOptions<number | null>({
  queryKey: vehicleKeys.count,
  queryFn: skipToken,
  staleTime: Infinity,
})

/** Every vehicle in the user's scope, read in parts that show as they come; for lists that search and sort in the page. */
export const everyVehicleQuery = (api: Api) =>
  queryOptions({
    queryKey: vehicleKeys.everyOne,
    staleTime: 60_000,
    queryFn: async ({ signal, client }): Promise<Vehicle[]> => {
      const part = (offset: number) =>
        answer(api.GET('/api/v1/vehicles', { params: { query: { limit: PART, offset } }, signal }))
      const seen = new Set<string>()
      // What stands in the cache goes on being patched by live changes meanwhile, so parts are put into it.
      const take = (lists: readonly VehicleList[]) => {
        const fresh = new Map(lists.flatMap(({ items }) => items).map((vehicle) => [vehicle.vehicle_id, vehicle]))
        for (const id of fresh.keys()) seen.add(id)
        const have = client.getQueryData<Vehicle[]>(vehicleKeys.everyOne) ?? []
        const kept = have.map((vehicle) => {
          const next = fresh.get(vehicle.vehicle_id)
          fresh.delete(vehicle.vehicle_id)
          return next ?? vehicle
        })
        client.setQueryData<Vehicle[]>(vehicleKeys.everyOne, [...kept, ...fresh.values()])
      }
      const first = await part(0)
      client.setQueryData<number | null>(vehicleKeys.count, first.total)
      take([first])
      const offsets = Array.from({ length: Math.max(0, Math.ceil(first.total / PART) - 1) }, (_, index) => (index + 1) * PART)
      // Six at a time: as many as a browser has connections for one host. They are shown together, as each change is sorted anew.
      for (let next = 0; next < offsets.length; next += 6) {
        take(await Promise.all(offsets.slice(next, next + 6).map(part)))
      }
      return (client.getQueryData<Vehicle[]>(vehicleKeys.everyOne) ?? []).filter(({ vehicle_id }) => seen.has(vehicle_id))
    },
  })

import { queryOptions } from '@tanstack/react-query'
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
  one: (vehicleId: string) => ['vehicles', 'one', vehicleId] as const,
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

const PART = 200

/** Every vehicle in the user's scope, read in parts; for lists that search and sort in the page. */
export const everyVehicleQuery = (api: Api) =>
  queryOptions({
    queryKey: vehicleKeys.everyOne,
    staleTime: 60_000,
    queryFn: async ({ signal }): Promise<Vehicle[]> => {
      const part = (offset: number) =>
        answer(api.GET('/api/v1/vehicles', { params: { query: { limit: PART, offset } }, signal }))
      const first = await part(0)
      const offsets = Array.from({ length: Math.ceil(first.total / PART) - 1 }, (_, index) => (index + 1) * PART)
      const vehicles = [...first.items]
      // Six at a time: as many as a browser has connections for one host.
      for (let next = 0; next < offsets.length; next += 6) {
        const parts = await Promise.all(offsets.slice(next, next + 6).map(part))
        for (const { items } of parts) vehicles.push(...items)
      }
      return [...new Map(vehicles.map((vehicle) => [vehicle.vehicle_id, vehicle])).values()]
    },
  })

import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query'
import { useDeferredValue, useMemo } from 'react'
import { useApi } from '@/api/client'
import { commandListQuery, type Command } from '@/api/queries/commands'
import { everyVehicleQuery, vehicleCountQuery, type Vehicle } from '@/api/queries/vehicles'
import { filterFleet, sortFleet, type FleetFilter, type FleetSort } from '@/domain/presence'
import { useCommandChanges, usePresence } from '@/live/hooks'

/** Every vehicle, growing while parts come in, presence kept up to date. */
export function useFleet() {
  usePresence()
  const queries = useQueryClient()
  // Presence was not followed while another page was open, so it is read anew when this one opens.
  const query = useQuery({ ...everyVehicleQuery(useApi()), refetchOnMount: 'always' }, queries)
  const { data: total } = useQuery(vehicleCountQuery)
  return { query, total: total ?? null }
}

/** What is shown. The filter may lag a moment behind the keys, so that typing never waits for 10 000 rows. */
export function useShownFleet(vehicles: readonly Vehicle[], filter: FleetFilter, sort: FleetSort) {
  const search = useDeferredValue(filter.search)
  const { status, make } = filter
  const { column, isDescending } = sort
  const matching = useMemo(() => filterFleet(vehicles, { search, status, make }), [vehicles, search, status, make])
  const shown = useMemo(() => sortFleet(matching, { column, isDescending }), [matching, column, isDescending])
  return { shown, isLate: search !== filter.search }
}

export interface Work {
  readonly running: Command | null
  readonly waiting: number
}

const MOST = 200
const AGAIN_MS = 15_000

/** What each vehicle works on now, and how much waits; by vehicle id. */
export function useWork(): ReadonlyMap<string, Work> {
  useCommandChanges()
  const api = useApi()
  // Live changes have these read anew; the interval is for the time without a live connection.
  const options = { refetchInterval: AGAIN_MS, placeholderData: keepPreviousData } as const
  const { data: running } = useQuery({ ...commandListQuery(api, { status: 'in_progress', limit: MOST }), ...options })
  const { data: waiting } = useQuery({ ...commandListQuery(api, { status: 'pending', limit: MOST }), ...options })
  return useMemo(() => {
    const work = new Map<string, Work>()
    for (const command of [...(running?.items ?? []), ...(waiting?.items ?? [])]) {
      const before = work.get(command.vehicle_id) ?? { running: null, waiting: 0 }
      // Lists are patched before they are read anew: the status says where the command belongs now.
      if (command.status === 'in_progress') work.set(command.vehicle_id, { ...before, running: command })
      if (command.status === 'pending') work.set(command.vehicle_id, { ...before, waiting: before.waiting + 1 })
    }
    return work
  }, [running, waiting])
}

import { keepPreviousData, queryOptions, useQuery, useQueryClient, type QueryClient } from '@tanstack/react-query'
import { useMemo } from 'react'
import { useApi, type Api } from '@/api/client'
import { commandListQuery, responsesQuery, type Command } from '@/api/queries/commands'
import { vehicleQuery } from '@/api/queries/vehicles'
import { buildEcuTree, type EcuNode } from '@/domain/ecu-tree'
import { isWhole, knownCodes, type CodesAnswer, type KnownCodes } from '@/domain/ecu-tree-codes'
import { isTerminal } from '@/domain/statuses'
import { useCommandChanges } from '@/live/hooks'

const AGAIN_MS = 15_000

/** Commands whose answers change what is known of a vehicle. */
const informing: ReadonlySet<string> = new Set(['DiscoverECUs', 'ReadDTC', 'ClearDTC'])
const knowledgeKey = (vehicleId: string) => ['commands', 'knowledge', vehicleId] as const

/** The vehicle, its presence kept up to date while the page is open. */
export function useVehicle(vehicleId: string) {
  const queries = useQueryClient()
  useCommandChanges({ vehicleId }, ({ status, command_name: name }) => {
    if (status === 'completed' && informing.has(name)) void queries.invalidateQueries({ queryKey: knowledgeKey(vehicleId) })
  })
  return useQuery({ ...vehicleQuery(useApi(), vehicleId), refetchInterval: AGAIN_MS })
}

const MOST_WAITING = 200

/** What the vehicle does now and what waits, in the order in which it will run. */
export function useQueue(vehicleId: string) {
  const api = useApi()
  const options = { refetchInterval: AGAIN_MS, placeholderData: keepPreviousData } as const
  const running = useQuery({ ...commandListQuery(api, { vehicle_id: vehicleId, status: 'in_progress', limit: 20 }), ...options })
  const waiting = useQuery({ ...commandListQuery(api, { vehicle_id: vehicleId, status: 'pending', limit: MOST_WAITING }), ...options })
  const commands = useMemo(() => {
    if (running.data === undefined || waiting.data === undefined) return undefined
    const byId = new Map([...running.data.items, ...waiting.data.items].map((command) => [command.command_id, command]))
    return [...byId.values()].filter(({ status }) => !isTerminal(status)).sort(inTurn)
  }, [running.data, waiting.data])
  return {
    data: commands,
    error: running.error ?? waiting.error,
    dataUpdatedAt: Math.min(running.dataUpdatedAt, waiting.dataUpdatedAt),
    refetch: () => Promise.all([running.refetch(), waiting.refetch()]),
  }
}

function inTurn(one: Command, other: Command): number {
  if (one.status !== other.status) return one.status === 'in_progress' ? -1 : 1
  return one.submitted_at < other.submitted_at ? -1 : 1
}

export interface Knowledge<T> {
  readonly value: T
  readonly commandId: string
  readonly at: string
}

async function lastCompleted(api: Api, queries: QueryClient, vehicleId: string, name: string, limit: number): Promise<Command[]> {
  const filter = { vehicle_id: vehicleId, command_name: name, status: 'completed', limit } as const
  return (await queries.query({ ...commandListQuery(api, filter), staleTime: 0 })).items
}

const payloadsOf = async (api: Api, queries: QueryClient, commandId: string) =>
  // Answers of a completed command never change.
  (await queries.query({ ...responsesQuery(api, commandId), staleTime: Infinity })).items.map(({ response_payload }) => response_payload)

const endOf = ({ completed_at: completedAt, submitted_at: submittedAt }: Command) => completedAt ?? submittedAt

/** The control units of the last completed DiscoverECUs; null where there was none. */
const ecusQuery = (api: Api, vehicleId: string) =>
  queryOptions({
    queryKey: [...knowledgeKey(vehicleId), 'ecus'],
    refetchInterval: 2 * AGAIN_MS,
    queryFn: async ({ client }): Promise<Knowledge<readonly EcuNode[]> | null> => {
      const [command] = await lastCompleted(api, client, vehicleId, 'DiscoverECUs', 1)
      if (command === undefined) return null
      const payloads = await payloadsOf(api, client, command.command_id)
      return { value: buildEcuTree(payloads), commandId: command.command_id, at: endOf(command) }
    },
  })

/** At most so many answers are put together: a whole-vehicle read ends the search sooner. */
const MOST_READS = 8

export interface CodesKnowledge extends KnownCodes {
  readonly clearedAt: string | null
}

const codesQuery = (api: Api, vehicleId: string) =>
  queryOptions({
    queryKey: [...knowledgeKey(vehicleId), 'codes'],
    refetchInterval: 2 * AGAIN_MS,
    queryFn: async ({ client }): Promise<CodesKnowledge> => {
      const [reads, [cleared]] = await Promise.all([
        lastCompleted(api, client, vehicleId, 'ReadDTC', MOST_READS),
        lastCompleted(api, client, vehicleId, 'ClearDTC', 1),
      ])
      const whole = reads.findIndex(({ command_params }) => isWhole(command_params))
      const used = whole < 0 ? reads : reads.slice(0, whole + 1)
      const answers = await Promise.all(used.map(async (command): Promise<CodesAnswer> => ({
        commandId: command.command_id, at: endOf(command), params: command.command_params,
        payloads: await payloadsOf(api, client, command.command_id),
      })))
      const known = knownCodes(answers)
      const newest = answers[0]?.at ?? ''
      const clearedAt = cleared !== undefined && endOf(cleared) > newest ? endOf(cleared) : null
      return { ...known, clearedAt }
    },
  })

export const useEcus = (vehicleId: string) => useQuery(ecusQuery(useApi(), vehicleId))
export const useCodes = (vehicleId: string) => useQuery(codesQuery(useApi(), vehicleId))

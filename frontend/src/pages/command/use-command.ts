import { useQuery } from '@tanstack/react-query'
import { useEffect, useMemo, useState, useSyncExternalStore } from 'react'
import { useApi } from '@/api/client'
import { commandQuery, responsesQuery, timelineQuery, type Command } from '@/api/queries/commands'
import { vehicleQuery, type Vehicle } from '@/api/queries/vehicles'
import type { components } from '@/contracts/openapi'
import { numberOf } from '@/domain/answers-read'
import { isTerminal } from '@/domain/statuses'
import { useConnectionState } from '@/live/hooks'
import { useLive } from '@/live/live-context'
import { AnswerStore, type ShownAnswer } from './answer-store'

type TimelineItem = components['schemas']['TimelineItem']

export interface WatchedCommand {
  readonly command: Command
  readonly vehicle: Vehicle | null
  readonly timeline: readonly TimelineItem[]
  readonly shown: ShownAnswer
  /** When the server stored each chunk (ISO), by number; it is read when the command has ended. */
  readonly received: ReadonlyMap<number, string>
}

/** Without a live connection the page asks again by itself, this often. */
const ASK_AGAIN_MS = 2500

/** Reads one command; while there is no live connection, again and again until it has ended. */
export function useCommand(commandId: string) {
  const { phase } = useConnectionState()
  const isLive = phase === 'live' || phase === 'catching_up'
  return useQuery({
    ...commandQuery(useApi(), commandId),
    refetchInterval: ({ state }) => (isLive || state.data === undefined || isEnded(state.data) ? false : ASK_AGAIN_MS),
  })
}

function isEnded({ status }: Command): boolean {
  return isTerminal(status)
}

/** Everything that the page shows of a command, kept up to date. */
export function useWatchedCommand(command: Command): WatchedCommand {
  const api = useApi()
  const { command_id: commandId, status } = command
  const { phase } = useConnectionState()
  const askAgain = isTerminal(status) || phase === 'live' || phase === 'catching_up' ? false : ASK_AGAIN_MS
  const { streams } = useLive()
  const [store] = useState(() => new AnswerStore(streams, commandId, intervalOf(command)))
  const shown = useSyncExternalStore(store.watch, store.snapshot)
  const vehicle = useQuery(vehicleQuery(api, command.vehicle_id)).data ?? null
  const timeline = useQuery({ ...timelineQuery(api, commandId), refetchInterval: askAgain }).data?.items
  const responses = useQuery({
    ...responsesQuery(api, commandId), refetchInterval: askAgain, enabled: isTerminal(status) || askAgain !== false,
  })
  const items = responses.data?.items
  const { refetch } = responses
  const isIncomplete = isTerminal(status) && items !== undefined && items.length < shown.chunks.length
  useEffect(() => {
    if (isIncomplete) void refetch()
  }, [isIncomplete, refetch])
  useEffect(() => {
    store.takeStored((items ?? []).map((item) => ({
      sequenceNumber: item.sequence_number, payload: item.response_payload, isFinal: item.is_final,
    })))
  }, [store, items])
  const received = useMemo(() => new Map((items ?? []).map((item) => [item.sequence_number, item.received_at])), [items])
  return { command, vehicle, timeline: timeline ?? [], shown, received }
}

/** What the samples were asked for; the command's own default is one second. */
function intervalOf({ command_name: name, command_params: params }: Command): number | null {
  return name === 'SubscribeData' ? (numberOf(params.intervalMs) ?? 1000) : null
}

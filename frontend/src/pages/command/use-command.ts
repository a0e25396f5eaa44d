import { useQuery, type UseQueryResult } from '@tanstack/react-query'
import { useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react'
import { useApi } from '@/api/client'
import { commandQuery, definitionsQuery, responsesQuery, timelineQuery, type Command, type CommandDefinition } from '@/api/queries/commands'
import { vehicleQuery, type Vehicle } from '@/api/queries/vehicles'
import type { components } from '@/contracts/openapi'
import type { AnswerChunk } from '@/domain/answers'
import { numberOf } from '@/domain/answers-read'
import type { AnswerTimes, Click, PartTime } from '@/domain/outcome-timeline'
import { isTerminal } from '@/domain/statuses'
import type { ConnectionState } from '@/live/connection-machine'
import { useConnectionState, usePresence } from '@/live/hooks'
import { useLive } from '@/live/live-context'
import { sentHere } from '@/session/sent-here'
import { AnswerStore, type ShownAnswer } from './answer-store'

type TimelineItem = components['schemas']['TimelineItem']
type Stored = components['schemas']['ResponseOut']

export interface WatchedCommand {
  readonly command: Command
  readonly vehicle: Vehicle | null
  /** What the server says about this command; null until it is read, or where it knows none of this name. */
  readonly definition: CommandDefinition | null
  readonly timeline: readonly TimelineItem[]
  readonly shown: ShownAnswer
  /**
   * When the server stored each chunk (ISO), by number. Chunks that came live are missing until the command has ended:
   * the stream does not say it, and until then this page's own time stands for it.
   */
  readonly received: ReadonlyMap<number, string>
  /** The same, complete: asks the server for what is missing. */
  readonly allReceived: () => Promise<ReadonlyMap<number, string>>
  /** First and last part of the answer. */
  readonly times: AnswerTimes
  /** Known only in the tab that sent it. */
  readonly click: Click | null
  /** Whether what stands above and beside the answer is known, and of an ended command the answer too: drawn earlier, the page would jump. */
  readonly isReady: boolean
}

const noTimeline: readonly TimelineItem[] = []

/** An answer of more parts that came live is not read a second time by itself: an hour of samples is tens of megabytes. */
const LONG = 5000

/** Without a live connection the page asks again by itself, this often. */
const ASK_AGAIN_MS = 2500

/** Reads one command; while there is no live connection, again and again until it has ended. */
export function useCommand(commandId: string) {
  const { phase } = useConnectionState()
  return useQuery({ ...commandQuery(useApi(), commandId), refetchInterval: ({ state }) => askAgainAfter(state.data, phase) })
}

function askAgainAfter(command: Command | undefined, phase: ConnectionState['phase']): number | false {
  const isLive = phase === 'live' || phase === 'catching_up'
  return isLive || command === undefined || isTerminal(command.status) ? false : ASK_AGAIN_MS
}

/** Everything that the page shows of a command, kept up to date. */
export function useWatchedCommand(command: Command): WatchedCommand {
  const api = useApi()
  const { command_id: commandId, status } = command
  const { phase } = useConnectionState()
  const askAgain = askAgainAfter(command, phase)
  const { streams } = useLive()
  const [store] = useState(() => new AnswerStore(streams, commandId, intervalOf(command)))
  const shown = useSyncExternalStore(store.watch, store.snapshot)
  const vehicle = useQuery(vehicleQuery(api, command.vehicle_id))
  const timeline = useQuery({ ...timelineQuery(api, commandId), refetchInterval: askAgain })
  const definitions = useQuery(definitionsQuery(api))
  // Read once as the page opens, for the times of what was there already; what follows comes live.
  const responses = useQuery({ ...responsesQuery(api, commandId), refetchInterval: askAgain })
  const items = responses.data?.items
  const { refetch } = responses
  const isIncomplete = isTerminal(status) && items !== undefined && items.length < shown.chunks.length && shown.chunks.length <= LONG
  const isBack = useReturn(phase === 'live')
  useEffect(() => {
    // After a break what was replayed has no time of its own.
    if (isIncomplete || isBack > 0) void refetch()
  }, [isIncomplete, isBack, refetch])
  usePresence()
  useEffect(() => {
    store.takeStored((items ?? []).map((item) => ({
      sequenceNumber: item.sequence_number, payload: item.response_payload, isFinal: item.is_final,
    })))
  }, [store, items])
  const received = useMemo(() => receivedOf(items), [items])
  const allReceived = async () => (received.size >= shown.chunks.length ? received : receivedOf((await refetch()).data?.items))
  const times = useMemo(() => answerTimes(shown.chunks, received), [shown.chunks, received])
  const [click] = useState(() => sentHere(commandId))
  const lacksAnswer = isTerminal(status) && shown.chunks.length === 0 && isToCome(responses)
  return {
    command, shown, received, allReceived, times, click,
    vehicle: vehicle.data ?? null,
    definition: definitionOf(command, definitions.data),
    timeline: timeline.data?.items ?? noTimeline,
    isReady: ![vehicle, timeline, definitions].some(isAwaited) && !lacksAnswer,
  }
}

/** Whether stored parts are being read, or were read and not put together yet. */
function isToCome(responses: UseQueryResult<{ readonly items: readonly Stored[] }>): boolean {
  return isAwaited(responses) || (responses.data?.items ?? []).length > 0
}

function definitionOf(command: Command, definitions: readonly CommandDefinition[] | undefined): CommandDefinition | null {
  return definitions?.find(({ name }) => name === command.command_name) ?? null
}

/** Whether its first answer is to come soon: not where the server failed once or cannot be reached. */
export function isAwaited({ isPending, fetchStatus, failureCount }: Pick<UseQueryResult, 'isPending' | 'fetchStatus' | 'failureCount'>): boolean {
  return isPending && fetchStatus === 'fetching' && failureCount === 0
}

function receivedOf(items: readonly Stored[] | undefined): ReadonlyMap<number, string> {
  return new Map((items ?? []).map((item) => [item.sequence_number, item.received_at]))
}

/** How often something became true again. */
function useReturn(isThere: boolean): number {
  const [returns, setReturns] = useState(0)
  const last = useRef(isThere)
  const wasEver = useRef(isThere)
  useEffect(() => {
    if (isThere && !last.current && wasEver.current) setReturns((count) => count + 1)
    last.current = isThere
    wasEver.current ||= isThere
  }, [isThere])
  return returns
}

function answerTimes(chunks: readonly AnswerChunk[], received: ReadonlyMap<number, string>): AnswerTimes {
  return { first: partTime(chunks[0], received), last: partTime(chunks.at(-1), received), parts: chunks.length }
}

/** When the server stored it; until that is known, when it came to this page. */
export function partTime(chunk: AnswerChunk | undefined, received: ReadonlyMap<number, string>): PartTime | null {
  const stored = chunk === undefined ? undefined : received.get(chunk.sequenceNumber)
  if (stored !== undefined) return { at: stored, isStored: true }
  return chunk?.arrivedAt == null ? null : { at: new Date(chunk.arrivedAt).toISOString(), isStored: false }
}

/** What the samples were asked for; the command's own default is one second. */
function intervalOf({ command_name: name, command_params: params }: Command): number | null {
  return name === 'SubscribeData' ? (numberOf(params.intervalMs) ?? 1000) : null
}

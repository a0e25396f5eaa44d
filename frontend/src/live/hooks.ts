import { useQueryClient, type QueryClient } from '@tanstack/react-query'
import { useCallback, useEffect, useEffectEvent, useSyncExternalStore } from 'react'
import { commandKeys, type Command } from '@/api/queries/commands'
import { vehicleKeys } from '@/api/queries/vehicles'
import { isTerminal } from '@/domain/statuses'
import type { FollowedStream } from './command-streams'
import type { ConnectionState } from './connection-machine'
import type { CommandChange, PresenceChange, Topic } from './frames'
import { useLive } from './live-context'
import type { LiveConnection } from './live-connection'
import { patchCommands, patchPresence } from './query-patches'

/** How often lists take in changes, and how often they are read anew: calm for the eye and for the server. */
const PATCH_MS = 100
const REREAD_MS = 1000

export function useConnectionState(): ConnectionState {
  const { connection } = useLive()
  return useSyncExternalStore(connection.watch, connection.snapshot)
}

/** Everything a command has answered so far, complete and in order, and what comes while this component is shown. */
export function useCommandStream(commandId: string): FollowedStream {
  const { streams } = useLive()
  const watch = useCallback((watcher: () => void) => streams.watch(commandId, watcher), [streams, commandId])
  const snapshot = useCallback(() => streams.snapshot(commandId), [streams, commandId])
  return useSyncExternalStore(watch, snapshot)
}

/** Keeps the presence of all vehicles in every query up to date while this component is shown. */
export function usePresence(): void {
  const { connection } = useLive()
  const queries = useQueryClient()
  useEffect(() => followChanges(connection, queries, { topic: 'presence' }, () => undefined), [connection, queries])
}

export interface ChangeFilter {
  /** Only this vehicle's commands, and its presence; otherwise all commands that the user may see. */
  readonly vehicleId?: string | undefined
}

/**
 * Keeps commands in every query up to date while this component is shown: statuses at once, lists read anew soon after.
 * `onChange` is called for each change, in order.
 */
export function useCommandChanges(filter: ChangeFilter = {}, onChange?: (change: CommandChange) => void): void {
  const { connection } = useLive()
  const queries = useQueryClient()
  const { vehicleId } = filter
  const tell = useEffectEvent((change: CommandChange) => onChange?.(change))
  useEffect(() => {
    const topic: Topic = vehicleId === undefined ? { topic: 'commands' } : { topic: 'vehicle', vehicleId }
    return followChanges(connection, queries, topic, (change) => tell(change))
  }, [connection, queries, vehicleId])
}

/** Collects the changes of a topic, and puts them into the queries a few times a second. The answer ends it. */
export function followChanges(
  connection: Pick<LiveConnection, 'subscribe'>, queries: QueryClient, topic: Topic, onChange: (change: CommandChange) => void,
): () => void {
  let presence = new Map<string, PresenceChange>()
  let commands: CommandChange[] = []
  let patchTimer: ReturnType<typeof setTimeout> | undefined
  let rereadTimer: ReturnType<typeof setTimeout> | undefined

  function patch() {
    patchTimer = undefined
    patchPresence(queries, presence)
    presence = new Map()
    if (commands.length === 0) return
    patchCommands(queries, commands)
    commands = []
    rereadTimer ??= setTimeout(() => {
      rereadTimer = undefined
      void queries.invalidateQueries({ queryKey: commandKeys.lists })
    }, REREAD_MS)
  }

  const unsubscribe = connection.subscribe(topic, {
    // A command that ended between its reading and now would be told by nobody.
    onFollowed: () => topic.topic !== 'presence' && rereadOpenCommands(queries),
    onEvent(event) {
      if (event.event === 'resync') {
        void queries.invalidateQueries({ queryKey: topic.topic === 'presence' ? vehicleKeys.all : commandKeys.lists })
        if (topic.topic !== 'presence') rereadOpenCommands(queries)
        if (topic.topic === 'vehicle') void queries.invalidateQueries({ queryKey: vehicleKeys.one(topic.vehicleId) })
        return
      }
      if (event.event === 'presence') presence.set(event.vehicle_id, event)
      else if (event.event === 'command') {
        commands.push(event)
        onChange(event)
      } else return
      patchTimer ??= setTimeout(patch, PATCH_MS)
    },
  })
  return () => {
    unsubscribe()
    clearTimeout(patchTimer)
    clearTimeout(rereadTimer)
  }
}

/** Commands that stand on a page by themselves: what has not ended may have, unheard. */
function rereadOpenCommands(queries: QueryClient): void {
  for (const [queryKey, command] of queries.getQueriesData<Command>({ queryKey: commandKeys.ones })) {
    if (command !== undefined && !isTerminal(command.status)) void queries.invalidateQueries({ queryKey, exact: true })
  }
}

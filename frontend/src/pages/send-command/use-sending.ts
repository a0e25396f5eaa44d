import { useQueryClient } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { useApi } from '@/api/client'
import { commandKeys, submitCommand, type Command, type Submission } from '@/api/queries/commands'
import { keyFor, randomKey, sendSurely, sendToEach, vehicleKey, type DraftKey, type Sent } from '@/domain/command-drafts'
import { noteSent } from '@/session/sent-here'

export type Order = Omit<Submission, 'vehicle_id'>

export type SendingState =
  | { readonly kind: 'idle' }
  /** `repeats`: how many answers were lost so far. */
  | { readonly kind: 'sending'; readonly done: number; readonly total: number; readonly repeats: number }
  | { readonly kind: 'over'; readonly outcomes: readonly Sent<Command>[] }

/** As many requests at a time as a browser has connections, less one for everything else. */
const AT_ONCE = 5

const wait = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds))

/**
 * Sends a draft, once: pressing again does nothing while it is under way, and after it has arrived until something is
 * changed; the same content is always sent with the
 * same key, so that a lost answer can be asked for again.
 */
export function useSending() {
  const api = useApi()
  const queries = useQueryClient()
  const [state, setState] = useState<SendingState>({ kind: 'idle' })
  const draft = useRef<DraftKey | null>(null)
  const isUnderWay = useRef(false)
  /** Everything has arrived; the next page is about to open. What is pressed meanwhile is no new order. */
  const isDelivered = useRef(false)

  async function send(order: Order, vehicleIds: readonly string[]): Promise<readonly Sent<Command>[] | null> {
    if (isUnderWay.current || isDelivered.current) return null
    isUnderWay.current = true
    const clickedAt = Date.now()
    const key = keyFor(draft.current, order, randomKey)
    draft.current = key
    setState({ kind: 'sending', done: 0, total: vehicleIds.length, repeats: 0 })
    const update = (change: { done: number } | { repeats: number }) =>
      setState((before) => {
        if (before.kind !== 'sending') return before
        return 'done' in change ? { ...before, done: before.done + change.done } : { ...before, repeats: before.repeats + change.repeats }
      })
    try {
      const outcomes = await sendToEach(
        vehicleIds,
        AT_ONCE,
        (vehicleId) =>
          sendSurely(() => submitCommand(api, { ...order, vehicle_id: vehicleId }, vehicleKey(key, vehicleId)), {
            wait,
            onRepeat: () => update({ repeats: 1 }),
          }).then((command) => {
            noteSent(command.command_id, { clickedAt, acceptedAt: Date.now() })
            return command
          }),
        () => update({ done: 1 }),
      )
      takeUp(outcomes)
      return outcomes
    } finally {
      isUnderWay.current = false
    }
  }

  function takeUp(outcomes: readonly Sent<Command>[]) {
    // All arrived: the same again, later, is a new order.
    if (outcomes.every(({ kind }) => kind === 'sent')) {
      draft.current = null
      isDelivered.current = true
    }
    for (const outcome of outcomes) {
      if (outcome.kind === 'sent') queries.setQueryData(commandKeys.one(outcome.command.command_id), outcome.command)
    }
    void queries.invalidateQueries({ queryKey: commandKeys.lists })
    setState({ kind: 'over', outcomes })
  }

  /** Something was changed: what is sent now is another order. */
  function reset() {
    isDelivered.current = false
    setState((before) => (before.kind === 'over' ? { kind: 'idle' } : before))
  }

  return { state, send, reset }
}

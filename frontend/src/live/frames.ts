/** The frames of `/ws/events`, both directions. What the server sends is checked before it is believed. */
import type { StreamEvent } from '@/contracts/stream-events'
import type { CommandStatus, ConnectionStatus } from '@/domain/statuses'

/** What a page can follow. */
export type Topic =
  | { readonly topic: 'command'; readonly commandId: string }
  | { readonly topic: 'vehicle'; readonly vehicleId: string }
  | { readonly topic: 'presence' }
  | { readonly topic: 'commands' }

export interface PresenceChange {
  readonly event: 'presence'
  readonly vehicle_id: string
  readonly connection_status: ConnectionStatus
  readonly status_cause: string | null
  readonly status_since: string
  readonly last_seen_at: string | null
}

export interface CommandChange {
  readonly event: 'command'
  readonly command_id: string
  readonly vehicle_id: string
  readonly user_id: string
  readonly command_name: string
  readonly status: CommandStatus
  readonly at: string
}

/** Changes may have been missed: read the lists anew. */
export interface Resync {
  readonly event: 'resync'
}

export type TopicEvent = StreamEvent | PresenceChange | CommandChange | Resync

export type ServerFrame =
  | { readonly kind: 'topic'; readonly id: string; readonly event: TopicEvent }
  | { readonly kind: 'subscribed'; readonly id: string }
  | { readonly kind: 'unsubscribed'; readonly id: string; readonly reason: string | null }
  | { readonly kind: 'error'; readonly id: string | null; readonly code: string; readonly message: string; readonly retryCanHelp: boolean }

const topicEvents = new Set(['response', 'status', 'error', 'progress', 'presence', 'command', 'resync'])

/** null for anything that this version does not know: a newer server may say more. */
export function parseFrame(text: unknown): ServerFrame | null {
  const frame = record(text)
  if (frame === null) return null
  return typeof frame.sub === 'string' ? topicFrame(frame.sub, frame) : controlFrame(frame)
}

function topicFrame(id: string, frame: Record<string, unknown>): ServerFrame | null {
  const kind = frame.event
  if (typeof kind !== 'string' || !topicEvents.has(kind)) return null
  return { kind: 'topic', id, event: frame as unknown as TopicEvent }
}

function controlFrame(frame: Record<string, unknown>): ServerFrame | null {
  const id = words(frame.id)
  if (frame.event === 'error') {
    return { kind: 'error', id, code: words(frame.code) ?? 'unknown', message: words(frame.message) ?? '', retryCanHelp: frame.retry_can_help === true }
  }
  if (id === null) return null
  if (frame.event === 'subscribed') return { kind: 'subscribed', id }
  return frame.event === 'unsubscribed' ? { kind: 'unsubscribed', id, reason: words(frame.reason) } : null
}

function words(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

function record(text: unknown): Record<string, unknown> | null {
  if (typeof text !== 'string') return null
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null
  } catch {
    return null
  }
}

/** `after`: the last chunk already here, for command topics. */
export function subscribeFrame(id: string, topic: Topic, after: number): string {
  switch (topic.topic) {
    case 'command':
      return JSON.stringify({ op: 'subscribe', id, topic: 'command', command_id: topic.commandId, after })
    case 'vehicle':
      return JSON.stringify({ op: 'subscribe', id, topic: 'vehicle', vehicle_id: topic.vehicleId })
    case 'presence':
    case 'commands':
      return JSON.stringify({ op: 'subscribe', id, topic: topic.topic })
  }
}

export function unsubscribeFrame(id: string): string {
  return JSON.stringify({ op: 'unsubscribe', id })
}

export function tokenFrame(token: string): string {
  return JSON.stringify({ op: 'token', token })
}

export const pingFrame = JSON.stringify({ op: 'ping' })

/** Two subscriptions with the same key share one on the wire. */
export function topicKey(topic: Topic): string {
  switch (topic.topic) {
    case 'command':
      return `command ${topic.commandId}`
    case 'vehicle':
      return `vehicle ${topic.vehicleId}`
    case 'presence':
    case 'commands':
      return topic.topic
  }
}

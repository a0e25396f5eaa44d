import type { StreamEvent } from '@/contracts/stream-events'
import type { CommandStatus } from '@/domain/statuses'
import type { User } from '@/session/session-port'

export const COMMAND_ID = '11111111-1111-4111-8111-111111111111'

export function response(number: number, isFinal = false): StreamEvent {
  return {
    event: 'response', command_id: COMMAND_ID, response_id: `response-${String(number)}`,
    response_payload: { number }, sequence_number: number, is_final: isFinal,
  }
}

export function status(value: CommandStatus, completedAt: string | null = null): StreamEvent {
  return { event: 'status', command_id: COMMAND_ID, status: value, completed_at: completedAt }
}

export function progress(message: string): StreamEvent {
  return { event: 'progress', command_id: COMMAND_ID, message, pending_since: '2026-01-01T00:00:00.000Z' }
}

export function user(name = 'erika'): User {
  return {
    user_id: `id-of-${name}`, username: name, email: null, role: 'engineer', is_active: true,
    vehicle_ids: null, created_at: '2026-01-01T00:00:00Z',
  }
}

/** The states of commands and vehicles in words. Colours follow the tone (src/ui/tones.css), never stand alone. */
import type { components } from '@/contracts/openapi'

export type CommandStatus = components['schemas']['CommandStatus']
export type ConnectionStatus = components['schemas']['ConnectionStatus']

/** How a state feels: it picks colour and icon together. */
export type Tone = 'good' | 'busy' | 'warning' | 'bad' | 'neutral'

export interface StatusWords {
  readonly label: string
  readonly tone: Tone
  /** One sentence: what it means for the user. */
  readonly meaning: string
}

const commands: Record<CommandStatus, StatusWords> = {
  pending: { label: 'Waiting', tone: 'neutral', meaning: 'Accepted and stored. It has not reached the vehicle yet.' },
  in_progress: { label: 'Running', tone: 'busy', meaning: 'The vehicle is working on it.' },
  completed: { label: 'Completed', tone: 'good', meaning: 'The vehicle has answered completely.' },
  failed: { label: 'Failed', tone: 'bad', meaning: 'It did not work. The reason says whether the vehicle may have changed.' },
  outcome_unknown: {
    label: 'Outcome unknown',
    tone: 'warning',
    meaning: 'The vehicle may have acted, but no answer came. Check the vehicle before you send it again.',
  },
  expired: { label: 'Expired', tone: 'warning', meaning: 'It waited too long and never started. Nothing was sent to the vehicle.' },
  cancelled: { label: 'Cancelled', tone: 'neutral', meaning: 'It was stopped.' },
}

const connections: Record<ConnectionStatus, StatusWords> = {
  connected: { label: 'Connected', tone: 'good', meaning: 'The vehicle answers.' },
  disconnected: { label: 'Disconnected', tone: 'neutral', meaning: 'The vehicle does not answer. Commands wait until they expire.' },
  error: { label: 'Error', tone: 'bad', meaning: 'The vehicle can be reached but answers wrongly.' },
  unknown: { label: 'Unknown', tone: 'warning', meaning: 'Nobody has heard of this vehicle yet.' },
}

export function commandStatusWords(status: CommandStatus): StatusWords {
  return commands[status]
}

export function connectionStatusWords(status: ConnectionStatus): StatusWords {
  return connections[status]
}

export function isCommandStatus(text: unknown): text is CommandStatus {
  return typeof text === 'string' && Object.hasOwn(commands, text)
}

export function isConnectionStatus(text: unknown): text is ConnectionStatus {
  return typeof text === 'string' && Object.hasOwn(connections, text)
}

/** Whether a command has ended. Only `outcome_unknown` may still change once, by a late answer. */
export function isTerminal(status: CommandStatus): boolean {
  return status !== 'pending' && status !== 'in_progress'
}

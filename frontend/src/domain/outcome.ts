/** How a command stands, in words: what happened, whether the vehicle may have changed, and what to do next. */
import type { components } from '@/contracts/openapi'
import { textOf, type JsonObject } from './answers-read'
import { nextSteps, splitMessage } from './outcome-advice'
import { commandStatusWords, type Tone } from './statuses'

type Command = components['schemas']['CommandOut']
type Vehicle = components['schemas']['VehicleOut']

export interface Outcome {
  readonly tone: Tone
  readonly title: string
  /** What happened. */
  readonly happened: string
  /** Whether the vehicle may be different now; null where nothing is to be said. */
  readonly vehicle: string | null
  /** What to do next, one act each. */
  readonly next: readonly string[]
  /** The negative response or other evidence, as name and value. */
  readonly facts: readonly { readonly name: string; readonly value: string }[]
}

export interface OutcomeContext {
  /** What the stream said last, before the command was read anew. */
  readonly liveMessage?: string | null
  /** Its vehicle, where it is known: a command that waits says what it waits for. */
  readonly vehicle?: Pick<Vehicle, 'connection_status' | 'status_cause'> | null | undefined
}

export function outcomeOf(command: Command, { liveMessage = null, vehicle = null }: OutcomeContext = {}): Outcome {
  const { label, tone, meaning } = commandStatusWords(command.status)
  const details: JsonObject = command.error?.details ?? {}
  const happened = shortened(command, details) ?? liveMessage ?? whileOpen(command, vehicle) ?? command.status_reason ?? meaning
  return {
    tone,
    title: label,
    happened,
    vehicle: vehicleWords(command, details, happened),
    next: nextSteps(command, details),
    facts: factsOf(details, happened),
  }
}

/** The message without what stands below it in a line of its own. */
function shortened({ error }: Command, details: JsonObject): string | null {
  if (error === null) return null
  const message = error.code === 'command_not_supported' ? splitMessage(error.message).happened : error.message
  const lines = [textOf(details.explanation), textOf(details.advice)].filter((line) => line !== null)
  const rest = lines.reduce((text, line) => text.replace(line, ''), message).replaceAll(/ {2,}/g, ' ').trim()
  return rest === '' ? error.message : rest
}

function whileOpen({ status, queue_position: position, cancel_requested_at: cancelled }: Command, vehicle: OutcomeContext['vehicle']): string | null {
  if (cancelled !== null && status === 'in_progress') return 'Cancelling: the vehicle is being told to stop. How it ends stands here.'
  if (status === 'in_progress') return 'The vehicle is working on it. Its answer appears below as it comes.'
  if (status !== 'pending') return null
  const before = position === null || position === 1 ? null : `${String(position - 1)} other ${position === 2 ? 'command' : 'commands'} of this vehicle`
  if (vehicle != null && vehicle.connection_status !== 'connected') {
    const cause = vehicle.status_cause === null ? '' : `: ${vehicle.status_cause.replace(/\.$/, '')}`
    return `The vehicle does not answer now${cause}. The command starts by itself when the vehicle is back${before === null ? '' : `, after ${before}`}.`
  }
  if (before !== null) return `It waits for ${before}.`
  if (position === null) return 'Accepted and stored. It starts as soon as the vehicle can be reached.'
  return 'It is next: it starts as soon as the vehicle is free and can be reached.'
}

/** What is said already is not said again. */
function vehicleWords({ status, started_at: started }: Command, details: JsonObject, happened: string): string | null {
  if (status === 'outcome_unknown' || details.may_have_acted === true) return 'The vehicle may have carried it out. Nobody repeats it for you.'
  if (status === 'cancelled') return started === null ? null : 'The vehicle was stopped for certain.'
  if (happened.includes('changes nothing in the vehicle')) return null
  if (status === 'expired' || details.may_have_acted === false) return 'The vehicle did not act: nothing was changed by this command.'
  return null
}

function factsOf(details: JsonObject, happened: string): { name: string; value: string }[] {
  const nrc = textOf(details.nrc)
  const nrcName = textOf(details.nrcName) ?? ''
  const isNamed = nrc !== null && nrcName !== '' && happened.includes(nrc) && happened.includes(nrcName)
  const facts = [
    { name: 'Negative response', value: nrc === null || isNamed ? null : `${nrcName} (NRC ${nrc})`.trim() },
    { name: 'It means', value: textOf(details.explanation) },
    { name: 'Control unit', value: textOf(details.ecuAddress) ?? textOf(details.component) },
    { name: 'Bytes', value: textOf(details.raw) },
  ]
  return facts.filter((fact): fact is { name: string; value: string } => fact.value !== null)
}

/** What a request to cancel led to, once the command has ended or been read again; null while it is open. */
export function cancelResult(command: Command): { readonly tone: Tone; readonly words: string } | null {
  if (command.cancel_requested_at === null) return null
  switch (command.status) {
    case 'pending':
    case 'in_progress':
      return null
    case 'cancelled':
      return { tone: 'neutral', words: command.started_at === null ? 'Cancelled before it started: the vehicle was not told anything.' : 'Cancelled while it ran: the vehicle was stopped for certain.' }
    case 'outcome_unknown':
      return { tone: 'warning', words: 'Cancelled too late to know whether the vehicle acted. Check the vehicle.' }
    case 'completed':
      return { tone: 'warning', words: 'The cancel came too late: the vehicle had already done it.' }
    case 'failed':
    case 'expired':
      return { tone: 'neutral', words: 'The cancel came too late: it had already ended.' }
  }
}

import { Button, Group, Kbd, List, Text } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import { useRef, useState, type KeyboardEvent, type MouseEvent } from 'react'
import type { Command, CommandDefinition } from '@/api/queries/commands'
import type { Vehicle } from '@/api/queries/vehicles'
import { packIds, type Sent } from '@/domain/command-drafts'
import { formatCount } from '@/domain/durations'
import { linkName } from '@/domain/presence'
import { ApiProblem } from '@/domain/problems'
import { confirmationFor, isTypedRight, wantedTyping } from '@/domain/risk'
import { rememberable, type JsonObject } from '@/domain/schema-form'
import { AwayNotice, RiskNotice } from './consequences'
import { ConfirmLine, TypedConfirmation } from './confirmation'
import { RiskBadge } from './command-picker'
import { PreviewBox } from './preview-box'
import { SchemaFields } from './schema-fields'
import { SendingOptions } from './sending-options'
import { SendingOutcome } from './sending-outcome'
import { usePreview } from './use-preview'
import { useSendDraft } from './use-send-draft'
import { useSending } from './use-sending'
import { useSuggestions } from './use-suggestions'
import classes from './send-command.module.css'

export interface SendFormProps {
  readonly definition: CommandDefinition
  readonly vehicles: readonly Vehicle[]
  /** Parameters to start from, and where they come from. */
  readonly start: JsonObject | null
  readonly startedFrom: 'last' | 'again' | 'address' | 'nothing'
  readonly onRemember: (params: JsonObject) => void
}

/** A key that is held down, or pressed twice, presses again within this time; who has read the question, later. */
const TOO_SOON_MS = 500

/** One command's form, from the first field to the answer of the server. */
export function SendForm({ definition, vehicles, start, startedFrom, onRemember }: SendFormProps) {
  const draft = useSendDraft(definition, { start, startReason: '', preferred: preferredFor(vehicles) })
  const suggestions = useSuggestions(vehicles)
  const preview = usePreview(vehicles, draft)
  const sending = useSending()
  const navigate = useNavigate()
  const place = useRef<HTMLFormElement>(null)
  const [isConfirming, setConfirming] = useState(false)
  const askedAt = useRef(0)
  const [typed, setTyped] = useState('')
  const [isTypingShown, setTypingShown] = useState(false)
  const [isStartShown, setStartShown] = useState(startedFrom === 'last' && Object.keys(start ?? {}).length > 0)

  const confirmation = confirmationFor(draft.risk)
  const wanted = wantedTyping(vehicles.map(({ vin }) => vin))
  const typedProblem = confirmation === 'typed' && !isTypedRight(typed, wanted) ? typingProblem(typed, vehicles.length) : undefined
  const isBusy = sending.state.kind === 'sending'

  function touched() {
    setConfirming(false)
    setTyped('')
    setTypingShown(false)
    sending.reset()
  }

  /** `byKey`: pressed on the keyboard, where the second press of one nervous hand must not confirm the first. */
  function submit(isConfirmed: boolean, byKey: boolean) {
    if (isBusy || vehicles.length === 0) return
    if (isConfirmed && byKey && performance.now() - askedAt.current < TOO_SOON_MS) return
    draft.showAll()
    setTypingShown(true)
    if (!draft.isRight || typedProblem !== undefined) {
      setConfirming(false)
      // After the messages are drawn.
      setTimeout(() => focusFirstWrong(place.current), 0)
    } else if (confirmation === 'confirm' && !isConfirmed) {
      askedAt.current = performance.now()
      setConfirming(true)
    } else {
      void send()
    }
  }

  async function send() {
    const outcomes = await sending.send(draft.order, vehicles.map(({ vehicle_id: id }) => id))
    if (outcomes === null) return
    setConfirming(false)
    if (outcomes.some(({ kind }) => kind === 'sent')) onRemember(rememberable(draft.form, draft.values))
    const problem = outcomes.map(errorOf).find((error) => error instanceof ApiProblem)
    if (problem !== undefined && outcomes.every(({ kind }) => kind === 'refused')) {
      draft.takeServerProblems(problem.problem.errors)
      setTimeout(() => focusFirstWrong(place.current), 0)
    }
    const isSettled = outcomes.every(({ kind }) => kind !== 'unknown') && outcomes.some(({ kind }) => kind === 'sent')
    if (isSettled) await showResults(outcomes)
  }

  async function showResults(outcomes: readonly Sent<Command>[]) {
    const sent = outcomes.flatMap((outcome) => (outcome.kind === 'sent' ? [outcome.command.command_id] : []))
    const [first = ''] = sent
    if (outcomes.length === 1) {
      await navigate({ to: '/commands/$commandId', params: { commandId: first } })
      return
    }
    const unsent = outcomes.flatMap((outcome) => (outcome.kind === 'sent' ? [] : [outcome.vehicleId]))
    const notes = Object.fromEntries(outcomes.flatMap((outcome) => (outcome.kind === 'sent' ? [] : [[outcome.vehicleId, outcome.why]])))
    await navigate({
      to: '/send/results',
      search: { commands: packIds(sent), ...(unsent.length === 0 ? {} : { unsent: packIds(unsent) }) },
      state: (before) => ({ ...before, unsentBecause: notes }),
    })
  }

  function onKeyDown(event: KeyboardEvent) {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault()
      if (!event.repeat) submit(isConfirming, true)
    }
  }

  return (
    // The keys work for every field inside; the form itself is not something to press.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- Ctrl+Enter, beside the button that does the same
    <form ref={place} className={classes.card} noValidate aria-label={definition.title} onKeyDown={onKeyDown} onSubmit={(event) => { event.preventDefault(); submit(false, false) }}>
      {isStartShown && (
        <Group gap="xs">
          <Text size="sm" c="dimmed">Filled in as you sent it last.</Text>
          <Button size="compact-xs" variant="subtle" onClick={() => { draft.startEmpty(); setStartShown(false); touched() }}>Start empty</Button>
        </Group>
      )}
      {draft.form.fields.length === 0 && <Text c="dimmed">This command takes no parameters.</Text>}
      <SchemaFields form={draft.form} values={draft.values} problems={{ ...preview.unfit, ...draft.problems }} suggestions={suggestions} onLeave={draft.leave} onChange={(values) => { draft.change(values); touched() }} />
      <SendingOptions definition={definition} draft={draft} />
      <details>
        <summary>What is sent, as JSON</summary>
        <pre className={classes.raw}>{JSON.stringify(draft.order, null, 2)}</pre>
      </details>
      <PreviewBox state={preview.state} />
      {draft.otherProblems.length > 0 && <List size="sm">{draft.otherProblems.map(({ pointer, message }) => <List.Item key={pointer}>{pointer}: {message}</List.Item>)}</List>}
      <AwayNotice vehicles={vehicles} expiresInS={draft.order.expires_in_s ?? definition.default_expires_in_s} />
      {confirmation === 'typed' && vehicles.length > 0 && (
        <>
          <RiskNotice risk={draft.risk} vehicles={vehicles} />
          <TypedConfirmation vehicles={vehicles} typed={typed} onChange={setTyped} problem={isTypingShown ? typedProblem : undefined} />
        </>
      )}
      <SendingOutcome
        state={sending.state} vehicles={vehicles} onRepeat={() => void send()}
        onResults={() => { if (sending.state.kind === 'over') void showResults(sending.state.outcomes) }}
      />
      {isConfirming
        ? <ConfirmLine vehicles={vehicles} title={definition.title} busy={isBusy} onConfirm={({ detail }) => submit(true, detail === 0)} onBack={() => setConfirming(false)} />
        : (
          <div className={classes.send}>
            {/* Pressing it leaves no field: a message that came up then would move the button away under the pointer. */}
            <Button type="submit" onMouseDown={stayInField} loading={isBusy} disabled={vehicles.length === 0} color={confirmation === 'typed' ? 'red' : 'blue'}>{buttonText(definition, vehicles)}</Button>
            <RiskBadge risk={draft.risk} />
            <Text size="sm" c="dimmed"><Kbd size="xs">Ctrl</Kbd> + <Kbd size="xs">Enter</Kbd> sends it</Text>
          </div>
        )}
    </form>
  )
}

/** A vehicle with a SOVD server knows its control units by component. */
function preferredFor(vehicles: readonly Vehicle[]): readonly string[] {
  return vehicles.length > 0 && vehicles.every(({ address }) => linkName(address) === 'SOVD') ? ['component'] : []
}

function buttonText({ title }: CommandDefinition, vehicles: readonly Vehicle[]): string {
  const [only] = vehicles
  if (only === undefined) return 'Choose a vehicle first'
  return vehicles.length === 1 ? `${title} on …${only.vin.slice(-6)}` : `${title} on ${formatCount(vehicles.length, 'vehicle')}`
}

function typingProblem(typed: string, count: number): string {
  if (typed.trim() === '') return count === 1 ? 'Type them to confirm that it is this vehicle.' : 'Type the number to confirm.'
  return count === 1 ? 'These are not the last characters of the VIN at the top. Is it the right vehicle?' : 'This is not the number of vehicles at the top.'
}

/** Except where a tag is not finished yet: leaving its field takes it over. */
function stayInField(event: MouseEvent) {
  if (document.activeElement?.closest('.mantine-TagsInput-root') == null) event.preventDefault()
}

function errorOf(outcome: Sent<Command>): unknown {
  return outcome.kind === 'refused' ? outcome.error : null
}

function focusFirstWrong(place: HTMLElement | null) {
  const wrong = place?.querySelector<HTMLElement>('[aria-invalid="true"]')
  const folded = wrong?.closest('details')
  if (folded) folded.open = true
  wrong?.focus()
}

import { Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useApi } from '@/api/client'
import { commandQuery, definitionsQuery, type CommandDefinition } from '@/api/queries/commands'
import { roleReaches } from '@/domain/roles'
import { record, type JsonObject } from '@/domain/schema-form'
import { usePresence } from '@/live/hooks'
import { keep, kept } from '@/session/preferences'
import { useUser } from '@/session/session-context'
import { PageFrame } from '@/ui/page-frame'
import { Forbidden, Loading, QueryStates, Failure } from '@/ui/states'
import { CommandPicker } from './command-picker'
import { SendForm, type SendFormProps } from './send-form'
import { TargetBar } from './target-bar'
import { useTargets, type Targets } from './use-targets'
import { VehiclePicker } from './vehicle-picker'
import classes from './send-command.module.css'

const route = getRouteApi('/send')

export function SendCommandPage() {
  const { role } = useUser()
  return (
    <PageFrame title="Send a command">
      {roleReaches(role, 'engineer') ? <Workbench /> : <Forbidden needs="engineer" />}
    </PageFrame>
  )
}

function Workbench() {
  const api = useApi()
  const { again } = route.useSearch()
  const definitions = useQuery(definitionsQuery(api))
  const earlier = useQuery({ ...commandQuery(api, again ?? ''), enabled: again !== undefined })
  if (again !== undefined && earlier.data === undefined) {
    return earlier.error === null ? <Loading label="Reading the command to send again" /> : <Failure error={earlier.error} retry={() => void earlier.refetch()} />
  }
  return (
    <QueryStates query={definitions}>
      {(all) => <Order definitions={all} earlier={earlier.data ?? null} />}
    </QueryStates>
  )
}

interface OrderProps {
  readonly definitions: readonly CommandDefinition[]
  /** A command to send again. */
  readonly earlier: { readonly vehicle_id: string; readonly command_name: string; readonly command_params: JsonObject } | null
}

function Order({ definitions, earlier }: OrderProps) {
  const { ids, name, choose, pick } = useAddress(earlier)
  const [isChoosing, setChoosing] = useState(ids.length === 0)
  const targets = useTargets(ids)
  const definition = definitions.find((one) => one.name === name) ?? null

  return (
    <div className={classes.page}>
      <TargetBar vehicles={targets.vehicles} isChanging={isChoosing} onChange={() => setChoosing(!isChoosing)} />
      <TargetTrouble targets={targets} />
      {isChoosing && <VehiclePicker chosen={ids} onChange={choose} onDone={() => setChoosing(false)} />}
      <div className={classes.card}>
        <CommandPicker definitions={definitions} chosen={definition} onChange={pick} />
        {name !== undefined && definition === null && <Text role="alert" c="red">This server knows no command “{name}”. Choose one of the list.</Text>}
        {definition === null && <Text size="sm" c="dimmed">Sending one again? <Link to="/commands">Find it in the history</Link>.</Text>}
      </div>
      {definition !== null && <Filled definition={definition} targets={targets} earlier={earlier} />}
    </div>
  )
}

/** Vehicles and command stand in the address: a link opens the same form. */
function useAddress(earlier: OrderProps['earlier']) {
  usePresence()
  const { vehicles, command } = route.useSearch()
  const navigate = route.useNavigate()
  const ids = vehicles === undefined ? (earlier === null ? [] : [earlier.vehicle_id]) : vehicles.split(',').filter((id) => id !== '')
  return {
    ids,
    name: command ?? earlier?.command_name,
    choose: (next: readonly string[]) =>
      void navigate({ search: (before) => ({ ...before, vehicles: next.join(',') }), replace: true, resetScroll: false }),
    // Parameters of another command mean nothing to this one.
    pick: (next: string) => void navigate({ search: { vehicles: ids.join(','), command: next }, replace: true, resetScroll: false }),
  }
}

function TargetTrouble({ targets: { vehicles, isLoading, missing, error } }: { readonly targets: Targets }) {
  if (isLoading) return <Loading rows={1} label="Reading the vehicles" />
  if (error !== null && vehicles.length === 0) return <Failure error={error} />
  if (missing === 0) return null
  return <Text role="alert" c="red">{missing} of the vehicles in the address were not found, or you may not see them.</Text>
}

interface FilledProps {
  readonly definition: CommandDefinition
  readonly targets: Targets
  readonly earlier: OrderProps['earlier']
}

/** The form with the parameters it starts from: those of the address, of the command to send again, or the last ones. */
function Filled({ definition, targets: { vehicles, isLoading }, earlier }: FilledProps) {
  // What the form opens with depends on the kind of vehicle. Vehicles that are added later change nothing that was typed.
  const [isReady, setReady] = useState(!isLoading)
  if (!isReady && !isLoading) setReady(true)
  const { params, again } = route.useSearch()
  const { user_id: userId } = useUser()
  const key = rememberKey(userId, definition.name)
  if (!isReady) return null
  return (
    <SendForm
      key={`${definition.name} ${params ?? ''} ${again ?? ''}`} definition={definition} vehicles={vehicles}
      {...startOf(definition.name, params, earlier, kept(key))} onRemember={(last) => keep(key, last)}
    />
  )
}

function rememberKey(userId: string, command: string): string {
  return `last-parameters:${userId}:${command}`
}

function startOf(
  command: string, fromAddress: string | undefined, earlier: OrderProps['earlier'], last: unknown,
): Pick<SendFormProps, 'start' | 'startedFrom'> {
  const given = fromAddress === undefined ? null : parsed(fromAddress)
  if (given !== null) return { start: given, startedFrom: 'address' }
  if (earlier?.command_name === command) return { start: earlier.command_params, startedFrom: 'again' }
  return last === null ? { start: null, startedFrom: 'nothing' } : { start: record(last), startedFrom: 'last' }
}

function parsed(text: string): JsonObject | null {
  try {
    return record(JSON.parse(text))
  } catch {
    return null
  }
}

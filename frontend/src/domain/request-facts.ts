/** The parameters of a command as people call them, with their units. Pure. */
import type { components } from '@/contracts/openapi'
import { formatQuantity } from './durations'
import { schemaForm } from './schema-form'

type Command = components['schemas']['CommandOut']
type Definition = Pick<components['schemas']['CommandDefinitionOut'], 'parameters'>

export interface RequestFact {
  /** As the API calls it. */
  readonly name: string
  readonly title: string
  readonly value: string
}

/** Without a definition, which is read later or unknown to this server, the technical names. */
export function requestFacts({ command_params: params }: Pick<Command, 'command_params'>, definition: Definition | null): readonly RequestFact[] {
  const fields = definition === null ? [] : schemaForm(definition.parameters).fields
  return Object.entries(params).map(([name, value]) => {
    const field = fields.find((one) => one.name === name)
    const isList = Array.isArray(value) && value.every((item) => typeof item === 'string')
    return { name, title: field?.title ?? name, value: isList ? value.join(', ') : formatQuantity(value, field?.unit) }
  })
}

/** All of them in one line: `ECU address 0x1010 · Interval 200 ms`. */
export function requestLine(command: Pick<Command, 'command_params'>, definition: Definition | null): string {
  return requestFacts(command, definition).map(({ title, value }) => `${title} ${value}`).join(' · ')
}

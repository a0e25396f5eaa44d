import type { components } from '@/contracts/openapi'
import definitions from './command-definitions.json'

type Definition = components['schemas']['CommandDefinitionOut']

/** Commands as a server lists them (GET /api/v1/command-definitions). */
export const commandDefinitions = definitions as unknown as readonly Definition[]

export function definitionOf(name: string): Definition {
  const found = commandDefinitions.find((definition) => definition.name === name)
  if (found === undefined) throw new Error(`no definition of ${name} in the tests`)
  return found
}

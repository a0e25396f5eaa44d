import type { components } from '@/contracts/openapi'
import definitions from '../../contracts/command-definitions.json'

type Definition = components['schemas']['CommandDefinitionOut']

/** Commands as the server lists them: the contract file that `make lint` compares with the catalogue. */
export const commandDefinitions = definitions.items as unknown as readonly Definition[]

export function definitionOf(name: string): Definition {
  const found = commandDefinitions.find((definition) => definition.name === name)
  if (found === undefined) throw new Error(`no definition of ${name} in the tests`)
  return found
}

/** Checks parameters as the server does, and says the same about what is wrong (backend/app/domain/params_check.py). */
import { choiceKey, inlineJson, record, types, type FormField, type FormValues, type JsonObject, type SchemaForm } from './schema-form'

export interface FieldProblem {
  /** JSON pointer below the submission: `/command_params/dataIds/2`. */
  readonly pointer: string
  readonly message: string
}

const ROOT = '/command_params'

/** Every wrong parameter at once. What this does not know of JSON Schema, the server still checks. */
export function checkParams(form: SchemaForm, params: JsonObject, commandName: string): readonly FieldProblem[] {
  const problems: FieldProblem[] = []
  for (const field of form.fields) {
    const value = params[field.name]
    if (value === undefined) {
      if (field.required) problems.push(at([field.name], `add this parameter. ${howToWrite(field)}`))
      continue
    }
    for (const { path, found } of violations(field.schema, value, [field.name])) {
      problems.push(at(path, `${shown(found)} does not fit. ${howToWrite(field)}`))
    }
  }
  for (const name of Object.keys(params).filter((given) => !form.fields.some((field) => field.name === given))) {
    const known = form.fields.length > 0 ? `only ${form.fields.map((field) => field.name).join(', ')}` : 'no parameters'
    problems.push(at([name], `leave it out: ${commandName} takes ${known}`))
  }
  return [...problems, ...wrongChoices(form, params)]
}

function wrongChoices(form: SchemaForm, params: JsonObject): readonly FieldProblem[] {
  return form.choices.flatMap(({ names, required }) => {
    const given = names.filter((name) => params[name] !== undefined)
    const [first = '', ...others] = names
    const field = form.fields.find(({ name }) => name === first)
    if (required && given.length === 0) {
      const how = field === undefined ? '' : ` ${howToWrite(field)}`
      return [at([first], `add this parameter, or ${others.join(' or ')} instead.${how}`)]
    }
    return given.slice(1).map((name) => at([name], `leave it out, or leave ${given[0] ?? ''} out: only one of them may be given`))
  })
}

interface Violation {
  readonly path: readonly (string | number)[]
  readonly found: unknown
}

/** One violation per value is enough for people: the message says all of what fits. */
function violations(schema: JsonObject, value: unknown, path: readonly (string | number)[]): readonly Violation[] {
  const here = fits(schema, value) ? [] : [{ path, found: value }]
  if (Array.isArray(value)) {
    const items = record(schema.items)
    return [...here, ...value.flatMap((item, index) => violations(items, item, [...path, index]))]
  }
  if (typeof value !== 'object' || value === null) return here
  const properties = record(schema.properties)
  const others = record(schema.additionalProperties)
  return [...here, ...Object.entries(value).flatMap(([name, member]) => violations(record(properties[name] ?? others), member, [...path, name]))]
}

function fits(schema: JsonObject, value: unknown): boolean {
  const allowed = types(schema)
  if (allowed.length > 0 && !allowed.some((type) => isOfType(value, type))) return false
  if (Array.isArray(schema.enum) && !schema.enum.includes(value)) return false
  if (typeof value === 'number') return within(value, schema.minimum, schema.maximum)
  if (typeof value === 'string') return within(value.length, schema.minLength, schema.maxLength) && matches(value, schema.pattern)
  if (!Array.isArray(value)) return true
  const isUnique = schema.uniqueItems !== true || new Set(value.map(inlineJson)).size === value.length
  return isUnique && within(value.length, schema.minItems, schema.maxItems)
}

function isOfType(value: unknown, type: string): boolean {
  switch (type) {
    case 'array':
      return Array.isArray(value)
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value)
    case 'null':
      return value === null
    case 'integer':
      return Number.isInteger(value)
    default:
      return typeof value === type
  }
}

function within(value: number, minimum: unknown, maximum: unknown): boolean {
  return !(typeof minimum === 'number' && value < minimum) && !(typeof maximum === 'number' && value > maximum)
}

function matches(value: string, pattern: unknown): boolean {
  if (typeof pattern !== 'string') return true
  try {
    return new RegExp(`^(?:${pattern})$`, 'u').test(value)
  } catch {
    // A pattern that this browser cannot read is left to the server.
    return true
  }
}

function howToWrite(field: FormField): string {
  const allowed = field.options.length > 0 ? ` One of: ${field.options.join(', ')}.` : ''
  const bounds = field.minimum !== null && field.maximum !== null ? ` From ${String(field.minimum)} to ${String(field.maximum)}.` : ''
  return `${field.description}${allowed}${bounds}${field.example === null ? '' : ` Example: ${field.example}`}`
}

/** A foreign value in a message, as JSON spells it; never longer than a line. */
function shown(value: unknown): string {
  const text = JSON.stringify(value)
  return text.length <= 60 ? text : `${text.slice(0, 57)}…`
}

/** A message as it stands alone at a field. */
export function sentence(message: string | undefined): string | undefined {
  return message?.replace(/^[a-z]/, (first) => first.toUpperCase())
}

function at(path: readonly (string | number)[], message: string): FieldProblem {
  const escaped = path.map((part) => String(part).replaceAll('~', '~0').replaceAll('/', '~1'))
  return { pointer: [ROOT, ...escaped].join('/'), message }
}

/** The parameter a pointer leads to, or null where it is not about one. */
export function parameterOf(pointer: string): string | null {
  if (!pointer.startsWith(`${ROOT}/`)) return null
  const [name = ''] = pointer.slice(ROOT.length + 1).split('/')
  return name.replaceAll('~1', '/').replaceAll('~0', '~')
}

/** Problems by the field that shows them: a member of a choice that is hidden is spoken for by the one in its place. */
export function problemsByField(
  form: SchemaForm, values: FormValues, problems: readonly FieldProblem[],
): { readonly fields: Readonly<Record<string, string>>; readonly others: readonly FieldProblem[] } {
  const fields: Record<string, string> = {}
  const others: FieldProblem[] = []
  for (const problem of problems) {
    const name = parameterOf(problem.pointer)
    const choice = form.choices.find(({ names }) => name !== null && names.includes(name))
    const chosen = choice === undefined ? undefined : values.chosen[choiceKey(choice)]
    const place = chosen === undefined || chosen === '' ? name : chosen
    if (place === null || !form.fields.some((field) => field.name === place)) others.push(problem)
    else fields[place] ??= problem.message
  }
  return { fields, others }
}

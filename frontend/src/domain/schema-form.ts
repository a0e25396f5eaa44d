/** A form from the JSON Schema of a command's parameters: which fields it has, and how the typed becomes parameters. */

export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json }
export type JsonObject = Readonly<Record<string, unknown>>

export type FieldKind = 'text' | 'choice' | 'integer' | 'number' | 'switch' | 'tags' | 'json'

export interface FormField {
  readonly name: string
  readonly kind: FieldKind
  readonly title: string
  readonly description: string
  /** Taken out of the title: `Interval (ms)` is `Interval` in `ms`. */
  readonly unit: string | null
  readonly required: boolean
  readonly options: readonly string[]
  readonly minimum: number | null
  readonly maximum: number | null
  /** How it may look; shown where nothing is typed. */
  readonly example: string | null
  /** A field like a password: never remembered. */
  readonly secret: boolean
  readonly schema: JsonObject
}

/** Parameters of which only one may be given; `required`: of which one has to be given. */
export interface Choice {
  /** What they are about. */
  readonly title: string
  readonly names: readonly string[]
  readonly required: boolean
}

export interface SchemaForm {
  readonly fields: readonly FormField[]
  readonly choices: readonly Choice[]
  readonly schema: JsonObject
}

/** What a field holds: text as typed, tags, or a switch. */
export type FieldValue = string | readonly string[] | boolean

export interface FormValues {
  readonly fields: Readonly<Record<string, FieldValue>>
  /** For each choice (by `choiceKey`) the parameter that is shown; '' for none. */
  readonly chosen: Readonly<Record<string, string>>
}

export function schemaForm(schema: JsonObject): SchemaForm {
  const required = strings(schema.required)
  const properties = record(schema.properties)
  const fields = Object.entries(properties).map(([name, property]) => field(name, record(property), required.includes(name)))
  return { fields, choices: choicesOf(schema), schema }
}

function field(name: string, schema: JsonObject, required: boolean): FormField {
  const [, title, unit] = /^(.*?)(?: \(([^()]{1,12})\))?$/.exec(text(schema.title) ?? name) ?? []
  return {
    name,
    kind: kindOf(schema),
    title: title ?? name,
    unit: unit ?? null,
    description: text(schema.description) ?? '',
    required,
    options: strings(schema.enum),
    minimum: number(schema.minimum),
    maximum: number(schema.maximum),
    example: Array.isArray(schema.examples) && schema.examples.length > 0 ? inlineJson(schema.examples[0]) : null,
    secret: schema.writeOnly === true || schema.format === 'password',
    schema,
  }
}

function kindOf(schema: JsonObject): FieldKind {
  if (Array.isArray(schema.enum) && schema.enum.every((option) => typeof option === 'string')) return 'choice'
  switch (schema.type) {
    case 'string':
      return 'text'
    case 'integer':
    case 'number':
      return schema.type
    case 'boolean':
      return 'switch'
    case 'array':
      return record(schema.items).type === 'string' ? 'tags' : 'json'
    default:
      return 'json'
  }
}

function choicesOf(schema: JsonObject): readonly Choice[] {
  const parts = [{ ...schema, title: undefined }, ...(Array.isArray(schema.allOf) ? schema.allOf.map(record) : [])]
  return parts.flatMap((part) => {
    const title = text(part.title) ?? ''
    const oneOf = Array.isArray(part.oneOf) ? part.oneOf.map((option) => strings(record(option).required)) : []
    const not = strings(record(part.not).required)
    const found: Choice[] = []
    if (oneOf.length > 1 && oneOf.every((names) => names.length === 1)) found.push({ title, names: oneOf.flat(), required: true })
    if (not.length > 1) found.push({ title, names: not, required: false })
    return found
  })
}

export function choiceKey({ names }: Choice): string {
  return names.join('|')
}

/**
 * The values a form starts with: the given parameters, else the schema's defaults. `preferred`: of a choice that has to
 * be made, the member to open with where nothing is given.
 */
export function initialValues(form: SchemaForm, params: JsonObject | null, preferred: readonly string[] = []): FormValues {
  const fields: Record<string, FieldValue> = {}
  for (const one of form.fields) {
    const given = params === null || !(one.name in params) ? one.schema.default : params[one.name]
    fields[one.name] = asFieldValue(one, given)
  }
  const chosen: Record<string, string> = {}
  for (const choice of form.choices) {
    const given = choice.names.find((name) => params !== null && name in params)
    const first = choice.names.find((name) => preferred.includes(name)) ?? choice.names[0] ?? ''
    chosen[choiceKey(choice)] = given ?? (choice.required ? first : '')
  }
  return { fields, chosen }
}

function asFieldValue(field: FormField, given: unknown): FieldValue {
  switch (field.kind) {
    case 'switch':
      return given === true
    case 'tags':
      return Array.isArray(given) ? given.map((item) => (typeof item === 'string' ? item : inlineJson(item))) : []
    case 'json':
      return given === undefined ? '' : jsonText(given)
    default:
      return given === undefined || given === null ? '' : inlineJson(given)
  }
}

/** Text of a JSON field. A string stands without quotes where it cannot be mistaken for something else. */
function jsonText(value: unknown): string {
  if (typeof value === 'string' && readJsonText(value, ['string', 'object']).value === value) return value
  return JSON.stringify(value, null, typeof value === 'object' && value !== null ? 2 : undefined)
}

/** Whether the form shows the field: the members of a choice that are not chosen are left out. */
export function isShown(form: SchemaForm, values: FormValues, name: string): boolean {
  return form.choices.every((choice) => !choice.names.includes(name) || values.chosen[choiceKey(choice)] === name)
}

export interface FormParams {
  readonly params: Record<string, unknown>
  /** Fields whose text cannot be read as a value, with what to do about it. */
  readonly unreadable: Readonly<Record<string, string>>
}

/** The parameters as they would be sent. What is empty is left out. */
export function toParams(form: SchemaForm, values: FormValues): FormParams {
  const params: Record<string, unknown> = {}
  const unreadable: Record<string, string> = {}
  for (const one of form.fields) {
    if (!isShown(form, values, one.name)) continue
    const read = readField(one, values.fields[one.name])
    if (read.problem !== undefined) unreadable[one.name] = read.problem
    // What the server takes by itself is left out: simple vehicles refuse parameters that they do not know.
    else if (read.value !== undefined && (one.required || read.value !== one.schema.default)) params[one.name] = read.value
  }
  return { params, unreadable }
}

interface ReadValue {
  readonly value?: unknown
  readonly problem?: string
}

function readField(field: FormField, value: FieldValue | undefined): ReadValue {
  if (value === undefined) return {}
  if (typeof value === 'boolean') return value === (field.schema.default ?? false) && !field.required ? {} : { value }
  if (typeof value !== 'string') return value.length === 0 ? {} : { value }
  const typed = field.kind === 'json' ? value.trim() : value
  if (typed === '') return {}
  if (field.kind === 'json') return readJsonText(typed, types(field.schema))
  if (field.kind !== 'integer' && field.kind !== 'number') return { value: typed }
  return { value: readNumber(typed.trim()) }
}

/** The text itself where it is no number: the check then says what fits. */
function readNumber(typed: string): number | string {
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(typed) ? Number(typed) : typed
}

/**
 * A value of any JSON type. Text needs no quotes where the schema takes text; but what begins like JSON has to be JSON,
 * so that a forgotten bracket is never written into a vehicle as text.
 */
export function readJsonText(typed: string, allowed: readonly string[]): ReadValue {
  try {
    return { value: JSON.parse(typed) as unknown }
  } catch (error) {
    if (allowed.includes('string') && !/^[[{"]/.test(typed)) return { value: typed }
    return { problem: `This is not complete JSON: ${brokenAt(error, typed)}` }
  }
}

function brokenAt(error: unknown, typed: string): string {
  const place = error instanceof Error ? /position (\d+)/.exec(error.message)?.[1] : undefined
  if (place === undefined) return 'check brackets, commas and quotes.'
  const before = typed.slice(0, Number(place)).split('\n')
  const column = (before.at(-1)?.length ?? 0) + 1
  return `look at line ${String(before.length)}, character ${String(column)}. Names and text stand in double quotes.`
}

export function types(schema: JsonObject): readonly string[] {
  return typeof schema.type === 'string' ? [schema.type] : strings(schema.type)
}

/** A value on one line: text as it is, the rest as JSON. */
export function inlineJson(value: unknown): string {
  if (value === undefined) return ''
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** What may be remembered for the next time: nothing secret, and no free JSON, which may hold anything. */
export function rememberable(form: SchemaForm, values: FormValues): Record<string, unknown> {
  const { params } = toParams(form, values)
  const kept = form.fields.filter(({ name, secret, kind }) => name in params && !secret && kind !== 'json')
  return Object.fromEntries(kept.map(({ name }) => [name, params[name]]))
}

export function record(value: unknown): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {}
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : []
}

function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

function number(value: unknown): number | null {
  return typeof value === 'number' ? value : null
}

import { Autocomplete, Fieldset, JsonInput, SegmentedControl, Select, Stack, Switch, TagsInput, Text, TextInput } from '@mantine/core'
import type { ReactNode } from 'react'
import { sentence } from '@/domain/schema-form-check'
import { choiceKey, types, type Choice, type FieldValue, type FormField, type FormValues, type SchemaForm } from '@/domain/schema-form'
import classes from './send-command.module.css'
import type { Suggestion, Suggestions } from './use-suggestions'

interface SchemaFieldsProps {
  readonly form: SchemaForm
  readonly values: FormValues
  /** Messages by field. */
  readonly problems: Readonly<Record<string, string>>
  /** What may be chosen instead of typed, by field; a field that has none yet, but may get some, has an empty list. */
  readonly suggestions: Suggestions
  readonly onChange: (values: FormValues) => void
  readonly onLeave: (name: string) => void
}

/** The fields of a command, built from nothing but its schema. */
export function SchemaFields({ form, values, problems, suggestions, onChange, onLeave }: SchemaFieldsProps) {
  const drawn = new Set<string>()
  return (
    <Stack gap="md">
      {form.fields.map((field) => {
        if (drawn.has(field.name)) return null
        const choice = form.choices.find(({ names }) => names.includes(field.name))
        for (const name of choice?.names ?? []) drawn.add(name)
        const one = (shown: FormField, isNeeded: boolean) => (
          <SchemaField
            key={shown.name} field={shown} isNeeded={isNeeded} value={values.fields[shown.name] ?? ''} problem={problems[shown.name]}
            suggestions={suggestions[shown.name]}
            onChange={(value) => onChange({ ...values, fields: { ...values.fields, [shown.name]: value } })}
            onLeave={() => onLeave(shown.name)}
          />
        )
        if (choice === undefined) return one(field, field.required)
        const chosen = values.chosen[choiceKey(choice)] ?? ''
        const shown = form.fields.find(({ name }) => name === chosen)
        return (
          <OneOf
            key={choiceKey(choice)} choice={choice} form={form} chosen={chosen}
            onChange={(name) => onChange({ ...values, chosen: { ...values.chosen, [choiceKey(choice)]: name } })}
          >
            {shown === undefined ? null : one(shown, choice.required || shown.required)}
          </OneOf>
        )
      })}
    </Stack>
  )
}

interface OneOfProps {
  readonly choice: Choice
  readonly form: SchemaForm
  readonly chosen: string
  readonly onChange: (name: string) => void
  readonly children: ReactNode
}

function OneOf({ choice, form, chosen, onChange, children }: OneOfProps) {
  const title = (name: string) => form.fields.find((field) => field.name === name)?.title ?? name
  const legend = choice.title === '' ? choice.names.map(title).join(' or ') : choice.title
  const options = choice.names.map((name) => ({ value: name, label: title(name) }))
  return (
    <Fieldset legend={legend} className={classes.oneOf}>
      <SegmentedControl
        aria-label={`${legend}: ${choice.required ? 'one of them' : 'one of them, or none'}`} size="xs"
        data={choice.required ? options : [{ value: '', label: 'Not given' }, ...options]} value={chosen} onChange={onChange}
      />
      {children}
    </Fieldset>
  )
}

interface SchemaFieldProps {
  readonly field: FormField
  readonly isNeeded: boolean
  readonly value: FieldValue
  readonly problem: string | undefined
  readonly suggestions: readonly Suggestion[] | undefined
  readonly onChange: (value: FieldValue) => void
  readonly onLeave: () => void
}

function SchemaField({ field, isNeeded, value, problem, suggestions, onChange, onLeave }: SchemaFieldProps) {
  const shared = { label: <FieldLabel field={field} />, description: helpText(field), error: sentence(problem), onBlur: onLeave, 'data-field': field.name }
  if (field.kind === 'switch') {
    return <Switch {...shared} checked={value === true} onChange={(event) => onChange(event.currentTarget.checked)} />
  }
  if (field.kind === 'tags') {
    const tags = isTags(value) ? [...value] : []
    return (
      <TagsInput
        {...shared} withAsterisk={isNeeded} value={tags} onChange={onChange} splitChars={[',', ' ', ';', '\n']}
        placeholder={tags.length > 0 ? '' : examplesOf(field)} clearable
      />
    )
  }
  const text = typeof value === 'string' ? value : ''
  if (suggestions !== undefined) {
    return <SuggestedField shared={{ ...shared, withAsterisk: isNeeded }} placeholder={placeholderOf(field)} suggestions={suggestions} text={text} onChange={onChange} />
  }
  return <WrittenField field={field} shared={{ ...shared, withAsterisk: isNeeded }} text={text} onChange={onChange} />
}

/** The title, and the name by which programs and documents know the parameter. */
function FieldLabel({ field: { title, name } }: { readonly field: FormField }) {
  return <>{title} <code className={classes.technical}>{name}</code></>
}

interface Shared {
  readonly label: ReactNode
  readonly description: string
  readonly error: string | undefined
  readonly onBlur: () => void
  readonly withAsterisk: boolean
  readonly 'data-field': string
}

interface SuggestedFieldProps {
  readonly shared: Shared
  readonly placeholder: string
  readonly suggestions: readonly Suggestion[]
  readonly text: string
  readonly onChange: (text: string) => void
}

/** Typed freely, or chosen from what this vehicle is known to have. */
function SuggestedField({ shared, placeholder, suggestions, text, onChange }: SuggestedFieldProps) {
  const names = new Map(suggestions.map(({ value, name }) => [value, name]))
  return (
    <Autocomplete
      {...shared} value={text} onChange={onChange} placeholder={placeholder} data={suggestions.map(({ value }) => value)} spellCheck={false}
      autoComplete="off" maxDropdownHeight={280} openOnFocus={false}
      filter={({ options, search }) => options.filter((option) => 'value' in option && isFound(search, option.value, names.get(option.value)))}
      renderOption={({ option }) => <span><code>{option.value}</code> <Text span size="sm" c="dimmed">{names.get(option.value)}</Text></span>}
    />
  )
}

function isFound(search: string, value: string, name: string | null | undefined): boolean {
  const wanted = search.trim().toLowerCase()
  return `${value} ${name ?? ''}`.toLowerCase().includes(wanted)
}

interface WrittenFieldProps {
  readonly field: FormField
  readonly shared: Shared
  readonly text: string
  readonly onChange: (text: string) => void
}

function WrittenField({ field, shared, text, onChange }: WrittenFieldProps) {
  const placeholder = placeholderOf(field)
  if (field.kind === 'choice') {
    return (
      <Select
        {...shared} data={[...field.options]} value={text === '' ? null : text} onChange={(next) => onChange(next ?? '')}
        clearable={!shared.withAsterisk && field.schema.default === undefined} placeholder="Choose one"
      />
    )
  }
  if (field.kind === 'json') {
    return (
      <JsonInput
        {...shared} value={text} onChange={onChange} placeholder={placeholder} autosize maxRows={14}
        minRows={types(field.schema).includes('string') ? 1 : 3} formatOnBlur={false} spellCheck={false} classNames={{ input: classes.code ?? '' }}
      />
    )
  }
  const unit = field.unit !== null && { rightSection: <Text size="sm" c="dimmed">{field.unit}</Text>, rightSectionWidth: 44, rightSectionPointerEvents: 'none' as const }
  return (
    <TextInput
      {...shared} {...unit} value={text} onChange={(event) => onChange(event.currentTarget.value)} placeholder={placeholder}
      inputMode={field.kind === 'text' ? 'text' : 'decimal'} spellCheck={false} autoComplete="off" type={field.secret ? 'password' : 'text'}
    />
  )
}

function placeholderOf({ example }: FormField): string {
  return example === null ? '' : `Example: ${example}`
}

function isTags(value: FieldValue): value is readonly string[] {
  return Array.isArray(value)
}

function examplesOf({ schema }: FormField): string {
  const first: unknown = Array.isArray(schema.examples) ? schema.examples[0] : null
  return Array.isArray(first) ? `Example: ${first.join(', ')}` : 'Type one, press Enter'
}

function helpText(field: FormField): string {
  const parts = [field.description]
  if (field.kind === 'tags') parts.push('Press Enter, comma or space after each.')
  if (field.kind === 'json') parts.push(types(field.schema).includes('string') ? 'Text, a number, or JSON.' : 'JSON.')
  const unit = field.unit === null ? '' : ` ${field.unit}`
  if (field.minimum !== null && field.maximum !== null) parts.push(`From ${String(field.minimum)} to ${String(field.maximum)}${unit}.`)
  return parts.filter((part) => part !== '').join(' ')
}

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { commandDefinitions, definitionOf } from '../../tests/definitions'
import { initialValues, readJsonText, rememberable, schemaForm, toParams, type FieldValue, type FormValues } from './schema-form'
import { checkParams, parameterOf, problemsByField } from './schema-form-check'

const formOf = (name: string) => schemaForm(definitionOf(name).parameters)

function filled(name: string, fields: Record<string, FieldValue>, chosen: Record<string, string> = {}): FormValues {
  const start = initialValues(formOf(name), null)
  return { fields: { ...start.fields, ...fields }, chosen: { ...start.chosen, ...chosen } }
}

const check = (name: string, params: Record<string, unknown>) =>
  Object.fromEntries(checkParams(formOf(name), params, name).map(({ pointer, message }) => [pointer, message]))

describe('the form of a schema', () => {
  test('knows the kind of every field, and takes the unit out of the title', () => {
    const fields = formOf('SubscribeData').fields.map(({ name, kind, title, unit }) => [name, kind, title, unit])
    expect(fields).toEqual([
      ['ecuAddress', 'text', 'ECU address', null],
      ['component', 'text', 'Component', null],
      ['dataIds', 'tags', 'Data identifiers', null],
      ['intervalMs', 'integer', 'Interval', 'ms'],
      ['durationS', 'number', 'Duration', 's'],
    ])
    expect(formOf('ECUReset').fields.find(({ name }) => name === 'resetType')?.options).toEqual(['hard', 'keyOffOn', 'soft'])
  })

  test('knows which parameters exclude each other', () => {
    expect(formOf('WriteDataByID').choices).toEqual([
      { title: 'Control unit', names: ['ecuAddress', 'component'], required: true },
      { title: 'What to write', names: ['value', 'raw'], required: true },
    ])
    expect(formOf('ReadDTC').choices).toEqual([{ title: 'Control unit', names: ['ecuAddress', 'component'], required: false }])
  })

  test.each(commandDefinitions.map((definition) => [definition.name, definition] as const))(
    'gives the example of %s back as it was',
    (name, { parameters, example }) => {
      const form = schemaForm(parameters)
      const { params, unreadable } = toParams(form, initialValues(form, example))
      expect(unreadable).toEqual({})
      expect(params).toMatchObject(example)
      expect(checkParams(form, params, name)).toEqual([])
    },
  )

  test('opens with the member of a choice that the kind of vehicle knows', () => {
    const form = formOf('ClearDTC')
    expect(initialValues(form, null, ['component']).chosen).toEqual({ 'ecuAddress|component': 'component' })
    expect(initialValues(form, { ecuAddress: '0x10' }, ['component']).chosen).toEqual({ 'ecuAddress|component': 'ecuAddress' })
    expect(initialValues(formOf('ReadDTC'), null, ['component']).chosen).toEqual({ 'ecuAddress|component': '' })
  })

  test('leaves out what stands as the default, so that every kind of vehicle takes the form as it opens', () => {
    expect(toParams(formOf('ReadDTC'), filled('ReadDTC', {})).params).toEqual({})
    expect(toParams(formOf('ReadDTC'), filled('ReadDTC', { statusMask: '0xFF' })).params).toEqual({ statusMask: '0xFF' })
  })

  test('leaves out what is empty and what is not chosen', () => {
    const values = filled('WriteDataByID', { ecuAddress: '0x10', component: 'engine', dataId: '0xF190', value: 'abc', raw: '0A' }, { 'value|raw': 'raw' })
    expect(toParams(formOf('WriteDataByID'), values).params).toEqual({ ecuAddress: '0x10', dataId: '0xF190', raw: '0A' })
  })

  test('reads numbers, and keeps the text where it is none so that the check can name it', () => {
    const values = filled('SubscribeData', { ecuAddress: '0x10', dataIds: ['0xF40C'], intervalMs: ' 500 ', durationS: '1O' })
    expect(toParams(formOf('SubscribeData'), values).params).toMatchObject({ intervalMs: 500, durationS: '1O' })
  })

  test('takes text without quotes, but never broken JSON as text', () => {
    expect(readJsonText('WVWZZZ', ['string', 'object'])).toEqual({ value: 'WVWZZZ' })
    expect(readJsonText('12.5', ['string', 'number'])).toEqual({ value: 12.5 })
    expect(readJsonText('{"a": 1', ['string', 'object']).problem).toMatch(/not complete JSON/)
    expect(readJsonText('engine', ['object']).problem).toMatch(/not complete JSON/)
  })

  test('any JSON value that is filled in comes out the same', () => {
    const form = formOf('WriteDataByID')
    fc.assert(
      fc.property(fc.jsonValue().filter((value) => value !== null && value !== '' && (typeof value !== 'string' || value.trim() === value)), (value) => {
        const sent = toParams(form, initialValues(form, { ecuAddress: '0x10', dataId: '0xF190', value }))
        expect(sent.unreadable).toEqual({})
        expect(sent.params.value).toEqual(JSON.parse(JSON.stringify(value)))
      }),
    )
  })

  test('remembers what was typed, but no free JSON', () => {
    const values = filled('SOVDRequest', { method: 'POST', path: 'components', body: '{"password": "x"}' })
    expect(rememberable(formOf('SOVDRequest'), values)).toEqual({ method: 'POST', path: 'components' })
  })
})

describe('the check says what the server says', () => {
  const address = 'Diagnostic address of the control unit: 0x and one to four hexadecimal digits. Example: 0x10'

  test('about missing parameters and choices', () => {
    expect(check('ClearDTC', {})).toEqual({ '/command_params/ecuAddress': `add this parameter, or component instead. ${address}` })
    expect(check('WriteDataByID', { ecuAddress: '0x10', component: 'a', value: 1, raw: '0A' })).toEqual({
      '/command_params/dataId': 'add this parameter. Data identifier (DID, ISO 14229-1 Annex C): 0x and four hexadecimal digits. Example: 0xF190',
      '/command_params/component': 'leave it out, or leave ecuAddress out: only one of them may be given',
      '/command_params/raw': 'leave it out, or leave value out: only one of them may be given',
    })
  })

  test('about values that do not fit', () => {
    expect(check('ClearDTC', { ecuAddress: 'zz' })).toEqual({ '/command_params/ecuAddress': `"zz" does not fit. ${address}` })
    expect(check('ReadDTC', { snapshot: null })).toEqual({ '/command_params/snapshot': 'null does not fit. Also read what was measured when each trouble code was stored. Example: true' })
    expect(check('ECUReset', { ecuAddress: '0x10', resetType: 'a' })['/command_params/resetType']).toBe(
      '"a" does not fit. Kind of reset (service 0x11): hard, like cutting power; key off and on; soft, a restart. One of: hard, keyOffOn, soft. Example: soft',
    )
    expect(check('SubscribeData', { ecuAddress: '0x10', dataIds: ['0xF190', ' '], durationS: 99999 })).toMatchObject({
      '/command_params/durationS': '99999 does not fit. Seconds after which the subscription ends by itself. From 0.1 to 3000. Example: 10',
      '/command_params/dataIds/1': expect.stringMatching(/^" " does not fit\. One or several identifiers/) as unknown,
    })
  })

  test('about unknown parameters', () => {
    expect(check('DiscoverECUs', { foo: 1 })).toEqual({ '/command_params/foo': 'leave it out: DiscoverECUs takes no parameters' })
  })

  test('about what lies deeper, and repeated entries', () => {
    expect(Object.keys(check('SOVDRequest', { method: 'GET', path: 'x', query: { a: 1 } }))).toEqual(['/command_params/query/a'])
    expect(Object.keys(check('SubscribeData', { ecuAddress: '0x10', dataIds: ['0xF190', '0xF190'], durationS: 1 }))).toEqual(['/command_params/dataIds'])
  })

  test('a problem of a hidden member of a choice is shown by the one in its place', () => {
    const form = formOf('ClearDTC')
    const values = initialValues(form, { component: '' })
    const { fields } = problemsByField(form, values, checkParams(form, {}, 'ClearDTC'))
    expect(Object.keys(fields)).toEqual(['component'])
  })

  test('pointers are read as RFC 6901 writes them', () => {
    expect(parameterOf('/command_params/a~1b~0c/2')).toBe('a/b~c')
    expect(parameterOf('/reason')).toBeNull()
  })
})

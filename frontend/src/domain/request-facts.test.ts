import { expect, test } from 'vitest'
import { definitionOf } from '../../tests/definitions'
import { requestFacts, requestLine } from './request-facts'

const asked = { command_params: { ecuAddress: '0x1010', dataIds: ['0xF40C', '0xF40D'], intervalMs: 200 } }

test('parameters are called by their titles, numbers have their units', () => {
  expect(requestLine(asked, definitionOf('SubscribeData'))).toBe('ECU address 0x1010 · Data identifiers 0xF40C, 0xF40D · Interval 200\u202fms')
})

test('without a definition the technical names stand there', () => {
  expect(requestFacts(asked, null).map(({ title, value }) => [title, value])).toEqual([['ecuAddress', '0x1010'], ['dataIds', '0xF40C, 0xF40D'], ['intervalMs', '200']])
  expect(requestLine({ command_params: {} }, null)).toBe('')
})

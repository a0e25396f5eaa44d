import { expect, test } from 'vitest'
import { canBePreviewed, previewLines } from './command-preview'

const nothing = { ecu_address: null, raw: null, method: null, uri: null, body: null }

test('bytes stand apart, with the control unit that gets them and what they mean', () => {
  const requests = [{ ...nothing, meaning: 'WriteDataByIdentifier (0x2E) 0x0110', ecu_address: '0x1010', raw: '2E01100320' }]
  expect(previewLines({ requests, notes: [] })).toEqual([{ sent: '2E 01 10 03 20', to: 'ECU 0x1010', meaning: 'WriteDataByIdentifier (0x2E) 0x0110' }])
})

test('a SOVD request is shown with its method, its place and its body', () => {
  const request = { ...nothing, meaning: 'x', method: 'PUT', uri: '{base}/components/engine/modes/session', body: { value: 'EXTENDED' } }
  const read = { ...request, method: 'GET', body: null }
  expect(previewLines({ requests: [request, read], notes: [] }).map(({ sent }) => sent)).toEqual([
    'PUT {base}/components/engine/modes/session {"value":"EXTENDED"}', 'GET {base}/components/engine/modes/session',
  ])
})

test('only what is known before the vehicle is asked has a preview', () => {
  expect(['doip://h', 'sovd+https://h', 'sim:', 'test:'].map((address) => canBePreviewed(address, 'ReadDTC'))).toEqual([true, false, false, false])
  expect(canBePreviewed('sovd+https://h', 'SOVDRequest')).toBe(true)
})

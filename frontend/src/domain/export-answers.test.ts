import { expect, test } from 'vitest'
import { emptyAnswer, extendAnswer, type AnswerChunk } from './answers'
import { csvFile } from './export-answers'
import { SampleLog } from './samples'

function csvOf(payloads: readonly Record<string, unknown>[]): string {
  const chunks: AnswerChunk[] = payloads.map((payload, index) => ({ sequenceNumber: index + 1, payload, isFinal: false }))
  const log = new SampleLog(1000)
  log.take(chunks)
  return csvFile(extendAnswer(emptyAnswer, chunks), log, chunks, new Map([[1, '2026-11-23T00:00:00Z']]))
}

test('commas and quotes are quoted, formulas are not run', () => {
  const csv = csvOf([{ dataId: '0xF190', value: '=HYPERLINK("x")', unit: null, ecuAddress: '0x1010' }])
  expect(csv.split('\r\n')[1]).toBe(`0x1010,0xF190,,,"'=HYPERLINK(""x"")",,,,,`)
})

test('negative numbers stay numbers, gaps are named', () => {
  const values = (value: number) => [{ dataId: '0xF405', name: 'Coolant', value, unit: '°C' }]
  const csv = csvOf([
    { sampledAt: '2026-11-23T00:00:00Z', elapsedS: 0, values: values(-5) },
    { sampledAt: '2026-11-23T00:00:04Z', elapsedS: 4, values: values(-4) },
  ])
  expect(csv.split('\r\n')).toEqual(['sampled_at,elapsed_s,Coolant (°C)', '2026-11-23T00:00:00Z,0,-5', 'missed,2,', '2026-11-23T00:00:04Z,4,-4', ''])
})

test('an answer of no known form keeps every part', () => {
  expect(csvOf([{ body: { a: 1 } }])).toContain('1,2026-11-23T00:00:00Z,false,"{""body"":{""a"":1}}"')
})

import { describe, expect, test } from 'vitest'
import { definitionOf } from '../../tests/definitions'
import { confirmationFor, effectiveRisk, isTypedRight, safeStatePlan, wantedTyping } from './risk'

describe('risk', () => {
  test('the first rule that applies counts', () => {
    const routine = definitionOf('RoutineControl')
    expect(effectiveRisk(routine, { routineId: '0x0203' })).toBe('R4')
    expect(effectiveRisk(routine, { action: 'results' })).toBe('R1')
    expect(effectiveRisk(routine, { action: 'start' })).toBe('R3')
    expect(effectiveRisk(routine, { action: 'results', securityLevel: 1 })).toBe('R4')
    expect(effectiveRisk(definitionOf('SOVDRequest'), { method: 'GET' })).toBe('R1')
  })

  test('confirmation grows with it', () => {
    expect((['R0', 'R1', 'R2', 'R3', 'R4'] as const).map(confirmationFor)).toEqual(['none', 'none', 'confirm', 'typed', 'typed'])
  })

  test('the end of the VIN is typed for one vehicle, their number for many', () => {
    expect(wantedTyping(['WVWZZZAU5RP000101'])).toBe('0101')
    expect(wantedTyping(['WVWZZZAU5RP000101', 'WBA5R11XXMF000102'])).toBe('2')
    expect(isTypedRight(' 01ab ', '01AB')).toBe(true)
    expect(isTypedRight('', '0101')).toBe(false)
  })

  test('the settings say what is read before sending', () => {
    const conditions = [{ reading: 'vehicle speed', maximum: 1 }, { reading: 'gear', one_of: ['P', 'N'] }, { reading: 'engine', equals: 'off' }]
    expect(safeStatePlan({ safe_state: { policy: 'checked', conditions } })).toEqual({
      kind: 'checked', conditions: ['vehicle speed: at most 1', 'gear: one of P, N', 'engine: off'],
    })
    expect(safeStatePlan({}).kind).toBe('missing')
    expect(safeStatePlan({ safe_state: { policy: 'not_needed' } }).kind).toBe('not_needed')
  })
})

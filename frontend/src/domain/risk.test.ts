import { describe, expect, test } from 'vitest'
import { definitionOf } from '../../tests/definitions'
import { confirmationFor, effectiveRisk, isTypedRight, safeStatePlan, wantedTyping } from './risk'

describe('risk', () => {
  test('the first rule that applies counts', () => {
    const routine = definitionOf('RoutineControl')
    expect(effectiveRisk(routine, { action: 'results' })).toBe('R1')
    expect(effectiveRisk(routine, { action: 'start' })).toBe('R3')
    expect(effectiveRisk(routine, { action: 'results', securityLevel: 1 })).toBe('R4')
    expect(effectiveRisk(definitionOf('SOVDRequest'), { method: 'GET' })).toBe('R1')
  })

  test('a needed parameter that is still empty does not make it worse than it will be', () => {
    expect(effectiveRisk(definitionOf('RoutineControl'), { routineId: '0x0203' })).toBe('R3')
    expect(effectiveRisk(definitionOf('WriteDataByID'), {})).toBe('R2')
    expect(effectiveRisk(definitionOf('WriteDataByID'), { securityLevel: 1 })).toBe('R4')
    expect(effectiveRisk(definitionOf('SOVDRequest'), {})).toBe('R3')
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
    const conditions = [{ reading: 'vehicle speed', maximum: 1, unit: 'km/h' }, { reading: 'gear', one_of: ['P', 'N'] }, { reading: 'engine', equals: 'off' }]
    expect(safeStatePlan({ safe_state: { policy: 'checked', conditions } })).toEqual({
      kind: 'checked', conditions: ['vehicle speed: at most 1 km/h', 'gear: one of P, N', 'engine: exactly off'],
    })
    expect(safeStatePlan({}).kind).toBe('missing')
    expect(safeStatePlan({ safe_state: { policy: 'not_needed' } }).kind).toBe('not_needed')
  })
})

/** Registers vehicles as an importing script would: over the API, some at a time. */
import { Api } from '../../e2e/support/api.ts'
import type { Server } from '../../e2e/support/server.ts'

const AT_ONCE = 12
const makes = [['Volkswagen', 'Golf'], ['BMW', '330i'], ['Toyota', 'Prius'], ['Renault', 'Megane'], ['Ford', 'F-150']] as const

/** Gives how many vehicles there are then. */
export async function fillFleet(server: Server, count: number): Promise<number> {
  const api = new Api(server)
  let next = 0
  async function work(): Promise<void> {
    while (next < count) {
      const number = next++
      const [make, model] = makes[number % makes.length] ?? makes[0]
      // A multiplier without a common divisor with 10^8: every VIN is another one, and looks like one.
      const vin = `BENCHVHC0${String((number * 7_654_321) % 100_000_000).padStart(8, '0')}`
      const { status, body } = await api.call('POST', '/api/v1/vehicles', {
        vin, make, model, year: 2012 + (number % 13), address: number % 4 === 0 ? 'sim:?offline' : 'sim:',
        metadata: { fleet: `test fleet ${String(number % 20)}` },
      })
      if (status !== 201) throw new Error(`vehicle ${vin}: ${String(status)} ${JSON.stringify(body)}`)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  return ((await api.call('GET', '/api/v1/vehicles?limit=1')).body as { total: number }).total
}

/** One server for the whole run. Tests that kill it have one of their own (fixtures.ts). */
import { Server } from './server.ts'

export const SHARED_PORT = 'SOVD_E2E_PORT'

export default async function startServer(): Promise<() => Promise<void>> {
  const server = await Server.start()
  process.env[SHARED_PORT] = String(server.port)
  return () => server.end()
}

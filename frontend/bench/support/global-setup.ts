/** One server for all benchmarks, with its ordinary settings. */
import { SHARED_PORT } from '../../e2e/support/global-setup.ts'
import { Server } from '../../e2e/support/server.ts'

export const SHARED_HOME = 'SOVD_BENCH_HOME'

export default async function startServer(): Promise<() => Promise<void>> {
  const server = await Server.start({ SOVD_PROBE_INTERVAL_S: '5', SOVD_ACCESS_TOKEN_TTL_S: '3600' })
  process.env[SHARED_PORT] = String(server.port)
  process.env[SHARED_HOME] = server.home
  return () => server.end()
}

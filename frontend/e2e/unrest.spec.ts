import { admin } from './support/server.ts'
import { serverAway } from './support/console-watch.ts'
import { expect, liveStatus, test } from './support/fixtures.ts'
import { formFor, outcome, sendButton, troubleCode } from './support/form.ts'

test.use({ hasOwnServer: true })
test.describe.configure({ mode: 'serial', timeout: 150_000 })

test('tokens that run out while a form is filled in cost nothing that was typed', async ({ page, context, enter, server, api, complaints }) => {
  await server.restart({ SOVD_ACCESS_TOKEN_TTL_S: '6' })
  const golf = await api.connected('000101')
  await enter(formFor(golf, 'ReadDTC'))
  await page.getByLabel('Reason').fill('engine light is on')
  // Twice renewed behind the form: the first token is long gone.
  for (let times = 0; times < 2; times++) await page.waitForResponse((answer) => answer.url().endsWith('/refresh') && answer.ok())
  await expect(page.getByLabel('Reason')).toHaveValue('engine light is on')
  await expect(liveStatus(page)).toHaveText('Live')

  // Now the session itself is lost: the page asks for the password, over the form.
  complaints.allow(/status of 401/, /WebSocket connection/)
  await context.clearCookies()
  const dialog = page.getByRole('dialog', { name: 'Your session has ended' })
  await expect(dialog).toBeVisible()
  await dialog.locator('input[name="password"]').fill(admin.password)
  await dialog.getByRole('button', { name: 'Sign in', exact: true }).click()
  await expect(dialog).toBeHidden()
  await expect(page.getByLabel('Reason')).toHaveValue('engine light is on')
  await sendButton(page).click()
  await expect(outcome(page)).toContainText('Completed.')
  await expect(page.getByText('engine light is on')).toBeVisible()
})

test('the server is restarted in the middle of a stream: the page says so, and catches up by itself', async ({ page, enter, server, api, complaints }) => {
  complaints.allow(...serverAway)
  const slow = await api.mockVehicle('slow', 'delay=5')
  await enter('/settings')
  const { command_id: id } = await api.send(slow, 'ReadDTC', { ecuAddress: '0x10' }, { timeout_s: 120 })
  await page.goto(`/commands/${id}`)
  await expect(troubleCode(page, 'P0420')).toBeVisible()
  await server.stop()
  await expect(liveStatus(page)).toContainText(/Reconnecting|Connecting/)
  await expect(troubleCode(page, 'P0420')).toBeVisible()
  await server.run()
  await expect(outcome(page)).toContainText('Completed.', { timeout: 60_000 })
  await expect(liveStatus(page)).toHaveText('Live')
  await expect(page.getByRole('article')).toHaveCount(2)
  await expect(troubleCode(page, 'P0171')).toBeVisible()
})

test('the server is killed in the middle of a stream: what came stays, and the page learns by itself how it ended', async ({ page, enter, server, api, complaints }) => {
  complaints.allow(...serverAway)
  const slow = await api.mockVehicle('slower', 'delay=7')
  await enter('/settings')
  const { command_id: id } = await api.send(slow, 'ReadDTC', { ecuAddress: '0x10' }, { timeout_s: 120 })
  await page.goto(`/commands/${id}`)
  await expect(troubleCode(page, 'P0420')).toBeVisible()
  await server.kill()
  await expect(liveStatus(page)).toContainText(/Reconnecting|Connecting/)
  await server.run()
  // A command that has begun to answer is not begun again: it ends, and says why.
  await expect(outcome(page)).toContainText('The worker that ran this command was lost while it ran.', { timeout: 60_000 })
  await expect(liveStatus(page)).toHaveText('Live')
  await expect(troubleCode(page, 'P0420')).toBeVisible()
})

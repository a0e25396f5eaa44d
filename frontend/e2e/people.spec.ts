import { enter as signIn, expect, test } from './support/fixtures.ts'

test('an administrator invites a user, sees where they are signed in, and ends that session', async ({ page, enter, browser, baseURL, complaints }) => {
  complaints.allow(/status of 40[13]/, /WebSocket connection/)
  const username = `guest-${String(Date.now() % 1_000_000)}`
  await enter('/users')
  await page.getByRole('button', { name: 'Invite a user' }).click()
  await page.getByLabel('User name').fill(username)
  await page.getByRole('combobox', { name: 'Role' }).click()
  await page.getByRole('option', { name: /^viewer/ }).click()
  await page.getByRole('button', { name: 'Make the account' }).click()
  const password = await page.getByTestId('password').textContent()
  await page.getByRole('button', { name: 'I have passed it on' }).click()

  const elsewhere = await browser.newContext({ ...(baseURL !== undefined && { baseURL }) })
  const guest = await elsewhere.newPage()
  await signIn(guest, '/vehicles', { username, password: password ?? '' })
  await expect(guest.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Send' })).toHaveCount(0)

  await page.getByRole('button', { name: username }).click()
  const sessions = page.getByRole('region', { name: `Sessions of ${username}` })
  await expect(sessions).toContainText('Chrome')
  await sessions.getByRole('button', { name: /^End the session/ }).click()
  await expect(page.getByText(`${username} is not signed in anywhere now.`)).toBeVisible()
  await expect(guest.getByRole('dialog', { name: 'Your session has ended' })).toBeVisible()
  await elsewhere.close()
})

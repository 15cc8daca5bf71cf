// What a receiver does with our bytes, by libraries of others: a JSON task in, a JSON result out.
import { createECDH } from "node:crypto";
import { readFileSync } from "node:fs";

import ece from "http_ece";
import { createLocalJWKSet, jwtVerify } from "jose";
import { Webhook as Standard } from "standardwebhooks";
import { Webhook as Svix } from "svix";

const base64url = (text) => Buffer.from(text, "base64url");

const receivers = {
  standardwebhooks: ({ secret, headers, body }) => new Standard(secret).verify(body, headers),
  svix: async ({ secret, headers, body }) => {
    await new Svix(secret).verify(body, headers); // it throws, and returns nothing
    return JSON.parse(body);
  },
  push: ({ private_key, auth, body }) => {
    const browser = createECDH("prime256v1");
    browser.setPrivateKey(base64url(private_key));
    const params = { version: "aes128gcm", privateKey: browser, authSecret: auth };
    return JSON.parse(ece.decrypt(Buffer.from(body, "base64"), params).toString());
  },
  vapid: async ({ token, jwk, audience }) => {
    const { payload } = await jwtVerify(token, createLocalJWKSet({ keys: [jwk] }), { audience });
    return payload;
  },
};

const task = JSON.parse(readFileSync(0, "utf8"));
try {
  console.log(JSON.stringify({ result: await receivers[task.library](task) }));
} catch (error) {
  console.log(JSON.stringify({ error: String(error.message ?? error) }));
}

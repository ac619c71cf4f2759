// The only door to REST. Every failure leaves here as an ApiError whose message is fit to be shown.

import { words } from "desk/words.js";

/** @typedef {import("desk/types.js").StoredDraft} StoredDraft */

const TIMEOUT_MS = 15_000;

export class ApiError extends Error {
  /**
   * @param {string} message
   * @param {{status?: number, code?: string, fields?: Record<string, string[]>, by?: {id: number, name: string}, contact?: {id: number, name: string}, draft?: StoredDraft, retryAfter?: number}} [facts]
   */
  constructor(message, facts = {}) {
    super(message);
    this.name = "ApiError";
    /** 0 when no answer came at all. */
    this.status = facts.status ?? 0;
    this.code = facts.code ?? "";
    this.fields = facts.fields ?? {};
    this.by = facts.by;
    this.contact = facts.contact;
    this.draft = facts.draft;
    this.retryAfter = facts.retryAfter ?? 0;
  }

  /** Worth trying again by itself: nothing was refused, there was just no (good) answer. 507 is one: the disk is full, and says so. */
  get passing() {
    if (this.status === 507) return false;
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500;
  }
}

/**
 * @param {object} options
 * @param {string} options.base
 * @param {() => string} options.csrf  read at every call: it changes when somebody logs in again in another tab
 * @param {() => void} options.onSignedOut
 * @param {typeof fetch} [options.fetch]
 */
export function createApi({ base, csrf, onSignedOut, fetch: doFetch = (input, init) => fetch(input, init) }) {
  /**
   * @param {string} method @param {string} path
   * @param {{body?: unknown, headers?: Record<string, string>, keepalive?: boolean, signal?: AbortSignal}} [options]
   */
  async function request(method, path, { body, headers = {}, keepalive = false, signal } = {}) {
    const timeout = new AbortController();
    const timer = setTimeout(() => timeout.abort(), TIMEOUT_MS);
    const forward = () => timeout.abort();
    signal?.addEventListener("abort", forward);
    /** @type {Record<string, string>} */
    const all = { Accept: "application/json", ...headers };
    if (method !== "GET") all["X-CSRFToken"] = csrf();
    if (body !== undefined) all["Content-Type"] = "application/json";
    try {
      const response = await doFetch(base + path, {
        method,
        headers: all,
        credentials: "same-origin",
        keepalive,
        signal: timeout.signal,
        body: body === undefined ? undefined : JSON.stringify(body),
      });
      const parsed = response.status === 204 || response.status === 304 ? null : await readJson(response);
      if (response.ok || response.status === 304) return { response, parsed };
      throw refusal(response.status, parsed, response.headers.get("Retry-After"));
    } catch (error) {
      if (error instanceof ApiError) throw error;
      if (signal?.aborted) throw error;
      throw new ApiError(words.noAnswer(), { status: 0, code: "no_answer" });
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", forward);
    }
  }

  /** @param {number} status @param {any} parsed @param {string | null} [retryAfter] */
  function refusal(status, parsed, retryAfter) {
    if (status === 401) onSignedOut();
    const told = parsed?.error ?? {};
    return new ApiError(told.message || words.serverTrouble(status), {
      status,
      code: told.code ?? "",
      fields: told.fields,
      by: told.by,
      contact: told.contact,
      draft: told.draft ?? parsed?.draft,
      retryAfter: Number(retryAfter) || 0,
    });
  }

  return {
    /** @param {string} path @param {{signal?: AbortSignal}} [options] @returns {Promise<any>} */
    get: async (path, options) => (await request("GET", path, options)).parsed,
    /** @param {string} path @param {unknown} [body] @returns {Promise<any>} */
    post: async (path, body = {}) => (await request("POST", path, { body })).parsed,
    /** @param {string} path @param {unknown} [body] @param {{keepalive?: boolean}} [options] @returns {Promise<any>} */
    put: async (path, body = {}, options = {}) => (await request("PUT", path, { body, ...options })).parsed,
    /** @param {string} path @param {unknown} body @returns {Promise<any>} */
    patch: async (path, body) => (await request("PATCH", path, { body })).parsed,
    /** @param {string} path @param {unknown} [body] @returns {Promise<any>} */
    delete: async (path, body) => (await request("DELETE", path, { body })).parsed,

    /**
     * Answers `unchanged` when the server says that what we hold is what it would send.
     * @param {string} path @param {string | null} etag
     * @returns {Promise<{unchanged: boolean, etag: string | null, page: any}>}
     */
    async getFresh(path, etag) {
      const { response, parsed } = await request("GET", path, { headers: etag ? { "If-None-Match": etag } : {} });
      const unchanged = response.status === 304;
      return { unchanged, etag: response.headers.get("ETag") ?? (unchanged ? etag : null), page: parsed };
    },

    /**
     * XMLHttpRequest, because fetch cannot tell how much has been sent.
     * @param {string} path @param {FormData} form
     * @param {{onProgress?: (share: number) => void, signal?: AbortSignal}} [options]
     * @returns {Promise<any>}
     */
    upload(path, form, { onProgress, signal } = {}) {
      return new Promise((resolve, reject) => {
        const call = new XMLHttpRequest();
        call.open("POST", base + path);
        call.setRequestHeader("X-CSRFToken", csrf());
        call.setRequestHeader("Accept", "application/json");
        call.upload.onprogress = (event) => event.lengthComputable && onProgress?.(event.loaded / event.total);
        call.onload = () => {
          const parsed = parse(call.responseText);
          if (call.status >= 200 && call.status < 300) resolve(parsed);
          else reject(refusal(call.status, parsed, call.getResponseHeader("Retry-After")));
        };
        call.onerror = () => reject(new ApiError(words.noAnswer(), { code: "no_answer" }));
        call.onabort = () => reject(new ApiError(words.uploadCancelled(), { status: 499, code: "cancelled" }));
        signal?.addEventListener("abort", () => call.abort());
        call.send(form);
      });
    },
  };
}

/** @typedef {ReturnType<typeof createApi>} Api */

/** @param {Response} response */
async function readJson(response) {
  return parse(await response.text());
}

/** An answer that is not JSON comes from something in between (a proxy's error page): the status says enough. @param {string} text */
function parse(text) {
  try {
    return text ? JSON.parse(text) : null;
  } catch {
    return null;
  }
}

// A mail server and a parser of others: prints its port, then each message it took as a line of JSON.
import { simpleParser } from "mailparser";
import { SMTPServer } from "smtp-server";

const server = new SMTPServer({
  authOptional: true,
  allowInsecureAuth: true,
  onAuth: (auth, session, done) => done(null, { user: auth.username }),
  disabledCommands: ["STARTTLS"],
  onData: async (stream, session, done) => {
    const mail = await simpleParser(stream);
    done();
    const shown = {
      greeted: session.hostNameAppearsAs,
      to: session.envelope.rcptTo.map((each) => each.address),
      subject: mail.subject,
      from: mail.from.value,
      reply_to: mail.replyTo?.value ?? [],
      text: mail.text,
      files: mail.attachments.map((file) => [file.filename, file.contentType, file.content.length]),
      automatic: mail.headers.get("auto-submitted"),
    };
    console.log(JSON.stringify(shown));
  },
});

server.listen(0, "127.0.0.1", () => console.log(server.server.address().port));

"""Thunderbird without a window, driven from within (Marionette)."""
import json
import os
import socket
import subprocess
import time

SETTINGS = {
    "app.update.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "mail.provider.suppress_dialog_on_startup": True,
    "mail.shell.checkDefaultClient": False,
    "mailnews.start_page.enabled": False,
    "marionette.port": 0,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "network.manage-offline-status": False,
    "toolkit.telemetry.enabled": False,
}

PRELUDE = """
const { MailServices } = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");
const imap = () => MailServices.accounts.allServers.find(server => server.type == "imap");
const inbox = () => imap().rootFolder.subFolders.find(folder => folder.flags & 0x1000);
const until = async what => {
    while (!what()) {
        await new Promise(then => setTimeout(then, 50));
    }
};
const listened = start => new Promise(then => start({ OnStartRunningUrl() {}, OnStopRunningUrl(url, code) { then(code); } }));
"""


class Thunderbird:
    """A Thunderbird with an empty profile in this directory."""

    def __init__(self, directory):
        self.profile = os.path.join(directory, "profile")
        os.mkdir(self.profile)
        with open(os.path.join(self.profile, "user.js"), "w") as settings:
            for name, value in SETTINGS.items():
                settings.write("user_pref(%s, %s);\n" % (json.dumps(name), json.dumps(value)))
        self.log = open(os.path.join(directory, "thunderbird.log"), "w")
        arguments = ["--headless", "--no-remote", "--marionette", "--remote-allow-system-access"]
        self.program = subprocess.Popen(
            ["thunderbird", *arguments, "--profile", self.profile],
            env=dict(os.environ, HOME=directory),
            stdout=self.log,
            stderr=self.log,
        )
        stream = socket.create_connection(("127.0.0.1", self._port()))
        self.said, self.stream, self.number = stream.makefile("rb"), stream, 0
        self._hear()
        self._tell("WebDriver:NewSession", capabilities={"alwaysMatch": {}})
        self._tell("Marionette:SetContext", value="chrome")
        self._tell("WebDriver:SetTimeouts", script=120_000)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.program.kill()
        self.program.wait()

    def _port(self):
        place = os.path.join(self.profile, "MarionetteActivePort")
        for _ in range(1200):
            if os.path.exists(place) and (port := open(place).read()):
                return int(port)
            assert self.program.poll() is None, "Thunderbird has ended: see %s" % self.log.name
            time.sleep(0.1)
        raise AssertionError("Thunderbird does not start: see %s" % self.log.name)

    def _hear(self):
        length = b""
        while (byte := self.said.read(1)) != b":":
            assert byte, "Thunderbird has ended"
            length += byte
        return json.loads(self.said.read(int(length)))

    def _tell(self, name, **parameters):
        self.number += 1
        text = json.dumps([0, self.number, name, parameters]).encode()
        self.stream.sendall(b"%d:%s" % (len(text), text))
        _, _, error, value = self._hear()
        assert error is None, error
        return value

    def run(self, script, *arguments):
        """What the body of an asynchronous function returns; it has its arguments in `given`."""
        body = "const [given, done] = arguments; (async () => { %s %s })()" % (PRELUDE, script)
        body += '.then(done, error => done({ error: error + "\\n" + error.stack }));'
        script = dict(script=body, args=[list(arguments)])
        value = self._tell("WebDriver:ExecuteAsyncScript", **script)["value"]
        assert not (isinstance(value, dict) and "error" in value), value["error"]
        return value

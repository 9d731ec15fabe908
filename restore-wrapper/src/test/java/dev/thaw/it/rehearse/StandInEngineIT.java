package dev.thaw.it.rehearse;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.thaw.it.AsNobody;
import dev.thaw.it.Checkout;
import dev.thaw.it.IntegrationTest;
import dev.thaw.it.RequiresRoot;
import dev.thaw.it.RequiresTool;
import dev.thaw.it.Scratch;
import dev.thaw.it.TestCgroup;
import dev.thaw.it.ThawProcess;
import dev.thaw.linux.FileCalls;
import dev.thaw.linux.KernelString;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** {@code thaw rehearse --engine rehearse} as uid 65534, without capabilities and without criu; root is needed to become that. */
@IntegrationTest
@RequiresRoot
@RequiresTool("setpriv")
@Timeout(120)
class StandInEngineIT {
    private static final String REHEARSE = "cd; export THAW_NO_BUILD=1 THAW_CRIU=/none; thaw() { \"$HOME/checkout/thaw\" \"$@\"; echo \"exit $?\"; }\n"
            + "rehearse() { thaw rehearse --engine rehearse \"$@\"; }\n";

    @Test
    void a_shell_pipeline_in_two_cycles_with_reports_that_say_what_was_not_tried(Scratch scratch) throws IOException {
        String said = nobody(scratch, "rehearse --cycles 2 --ready-output 'beat 3' --change close-pipes,rotate-logs,other-cwd --probe true --compare-exit --json"
                + " --report junit.xml -- /bin/sh -c 'exec 7>>log; i=0; while :; do i=$((i+1)); echo beat $i; echo $i >&7; sleep .02; done | cat'");
        JsonObject report = json(said);
        assertTrue(said.endsWith("exit 0\n"), said);
        assertFalse(report.get("memoryRestored").getAsBoolean());
        assertEquals("rehearse", report.get("engine").getAsString());
        assertEquals(2, report.getAsJsonArray("cycles").size());
        for (JsonElement cycle : report.getAsJsonArray("cycles")) {
            Map<String, JsonObject> seen = observations(cycle.getAsJsonObject());
            for (String name : List.of("check", "close-pipes", "rotate-logs", "plan", "pids", "handover", "descriptors", "shared descriptors", "pipes")) {
                assertTrue(seen.get(name).get("held").getAsBoolean(), said);
            }
            for (String name : List.of("checkpoint", "restore", "stdout", "stderr", "probe")) {
                assertFalse(seen.get(name).get("tried").getAsBoolean() || seen.get(name).get("held").getAsBoolean(), said);
            }
            String arrived = seen.get("handover").getAsJsonArray("because").toString();
            assertTrue(arrived.contains("broker:stdout as fd[3]:") && arrived.contains("is pipe pipe:[") && arrived.contains("the same open file description"), arrived);
        }
        String xml = KernelString.decode(FileCalls.readAll(scratch.path("home/junit.xml")));
        assertTrue(xml.contains("<property name=\"memory\" value=\"not restored\"/>"), xml);
        assertTrue(xml.contains("failures=\"0\"") && xml.contains("name=\"probe\" time=\"0.000\">\n    <skipped message=\"not tried: "), xml);
    }

    @Test
    void a_python_program_whose_log_grows_meanwhile_gets_it_at_its_offset(Scratch scratch) throws IOException {
        String said = nobody(scratch, "rehearse --ready-output ready --between 'echo grown >>log' -- " + Checkout.python()
                + " -uc 'log = open(\"log\", \"w\"); log.write(\"12345\"); log.flush(); print(\"ready\"); import time; time.sleep(1000)'");
        String text = said.replaceAll("\n {10}", " ");
        assertTrue(text.contains("/log O_WRONLY at 5 as fd["), text);
        assertTrue(text.contains(", write, offset 5, the same open file description\n"), text);
        assertTrue(text.contains("1 of 1 cycle held") && text.contains("No memory was dumped or restored") && text.endsWith("exit 0\n"), text);
    }

    /** As in most containers, whose seccomp filters forbid kcmp(2) to those who may not trace. */
    @Test
    void without_kcmp_what_is_shared_is_not_tried_and_the_rest_holds(Scratch scratch) throws IOException {
        FileCalls.writeFile(AsNobody.home(scratch) + "/without-kcmp.py", KernelString.encode("""
                import ctypes, os, struct, sys
                load, equal, answer = 0x20, 0x15, 0x06
                number = {'x86_64': 312, 'aarch64': 272}[os.uname().machine]
                program = b''.join(struct.pack('HBBI', *line) for line in ((load, 0, 0, 0), (equal, 0, 1, number), (answer, 0, 0, 0x50001), (answer, 0, 0, 0x7fff0000)))
                libc, code = ctypes.CDLL(None), ctypes.create_string_buffer(program)
                if libc.prctl(38, 1, 0, 0, 0) or libc.prctl(22, 2, ctypes.create_string_buffer(struct.pack('HxxxxxxQ', 4, ctypes.addressof(code)))):
                    sys.exit('no seccomp')
                os.execv(sys.argv[1], sys.argv[1:])
                """), 0644);
        String said = nobody(scratch, Checkout.python() + " without-kcmp.py \"$HOME/checkout/thaw\" rehearse --engine rehearse --ready-output ready "
                + "--change close-pipes -- /bin/sh -c 'exec 2>&1; echo ready; sleep 1000'; echo \"exit $?\"").replaceAll("\n {10}", " ");
        assertTrue(said.contains("  held  handover") && said.contains(", the same file; kcmp(2) is not permitted here\n"), said);
        assertTrue(said.contains("  --    shared descriptors  not tried: kcmp(2) is not permitted here\n"), said);
        assertTrue(said.contains("1 of 1 cycle held, with close-pipes\n") && said.endsWith("exit 0\n"), said);
    }

    @Test
    void files_of_a_cgroup_that_is_gone_are_those_of_the_new_one(Scratch scratch) throws IOException {
        try (TestCgroup cgroup = TestCgroup.v2()) {
            for (String name : List.of("", "/cgroup.procs", "/cgroup.subtree_control")) {
                FileCalls.chown(cgroup.directory() + name, AsNobody.NOBODY, AsNobody.NOBODY);
            }
            FileCalls.writeFile(AsNobody.home(scratch) + "/holder.py", FileCalls.readAll(Checkout.sample("cgroup-holder/holder.py")), 0644);
            String said = AsNobody.run(scratch, List.of(), "echo $$ >" + cgroup.file("cgroup.procs"),
                    REHEARSE + "rehearse --ready-output 'in /' --change move-cgroup -- " + Checkout.python() + " holder.py .1").replaceAll("\n {10}", " ");
            assertTrue(said.endsWith("exit 0\n"), said);
            assertTrue(said.matches("(?s).*fd [0-9]+ of pid [0-9]+: " + cgroup.directory() + "/thaw-rehearsal-[0-9]+-2/\\S+ O_RDONLY as fd.*"), said);
        }
    }

    @Test
    void a_source_that_cannot_be_opened_and_what_criu_would_refuse_do_not_hold(Scratch scratch) throws IOException {
        String said = nobody(scratch, "echo secret >key\nrehearse --ready-output ready --between 'chmod 0 key' -- /bin/sh -c 'exec 5<key; echo ready; sleep 1000'\n"
                + "rehearse --ready-output ready -- " + Checkout.python() + " -uc 'import socket, time; s = socket.create_server((\"127.0.0.1\", 0)); "
                + "c = socket.create_connection(s.getsockname()); a = s.accept(); print(\"ready\"); time.sleep(1000)'\npgrep -u 65534 -x sleep || echo nothing runs")
                .replaceAll("\n {10}", " ");
        assertTrue(said.contains("NOT   restore") && said.contains("the source for fd 5 of pid ") && said.contains("Permission denied"), said);
        assertTrue(said.contains("NOT   checkpoint") && said.contains("TCP connections are open") && said.contains("try: --tcp close"), said);
        assertEquals(2, said.split("0 of 1 cycle held.*\nNo memory was dumped or restored: .*\nnext: thaw rehearse, after that\nexit 122\n", -1).length - 1, said);
        assertTrue(said.endsWith("nothing runs\n"), said);
        assertFalse(said.contains("mkdir"), "no word of what the program does to start quicker: " + said);
    }

    @Test
    void without_rights_or_criu_the_other_engine_is_named(Scratch scratch) throws IOException {
        String said = nobody(scratch, "thaw rehearse -- /bin/true; thaw rehearse --engine rehearse --image i -- /bin/true");
        assertTrue(said.contains("CAP_CHECKPOINT_RESTORE") && said.contains("  try: --engine rehearse, ") && said.contains("exit 125\n"), said);
        assertTrue(said.contains("it writes no images") && said.endsWith("exit 2\n"), said);
        ThawProcess.run(scratch, "rehearse", "--criu", "/none", "--", "/bin/true").expect(125).expectErr("--criu /none cannot be used").expectErr("  try: --engine rehearse, ");
    }

    private static String nobody(Scratch scratch, String script) throws IOException {
        return AsNobody.run(scratch, List.of(), REHEARSE + script);
    }

    private static JsonObject json(String said) {
        return JsonParser.parseString(said.substring(said.indexOf('{'), said.lastIndexOf('}') + 1)).getAsJsonObject();
    }

    private static Map<String, JsonObject> observations(JsonObject cycle) {
        Map<String, JsonObject> found = new LinkedHashMap<>();
        cycle.getAsJsonArray("observations").forEach(one -> found.put(one.getAsJsonObject().get("name").getAsString(), one.getAsJsonObject()));
        return found;
    }
}

package dev.thaw.fdbroker.policy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.thaw.fdbroker.broker.FdName;
import dev.thaw.fdbroker.broker.Refusal;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Function;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

@DisplayNameGeneration(ReplaceUnderscores.class)
class AccessPolicyTest {
    private static final FdName SHOP = new FdName("listener:shop");
    private static final Function<String, OptionalInt> USERS = name -> lookup(Map.of("root", 0, "web", 33), name);
    private static final Function<String, OptionalInt> GROUPS = name -> lookup(Map.of("www", 80), name);

    private static OptionalInt lookup(Map<String, Integer> known, String name) {
        return known.containsKey(name) ? OptionalInt.of(known.get(name)) : OptionalInt.empty();
    }

    private static Peer peer(int uid, Integer... groups) {
        return new Peer(uid, uid, Set.of(groups), 4711, Optional.empty());
    }

    private static AccessPolicy policy(String text) {
        return new AccessPolicy(0, PolicyParser.parse("policy", text, USERS, GROUPS), List.of("/srv"));
    }

    private static boolean may(AccessPolicy policy, Peer peer, Verb verb, String name, int storedBy) {
        return policy.check(peer, verb, new FdName(name), OptionalInt.of(storedBy)).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(Verb.class)
    void by_default_it_is_the_own_user_and_nobody_else_not_even_root(Verb verb) {
        AccessPolicy policy = AccessPolicy.sameUser(1000);
        assertTrue(may(policy, peer(1000), verb, "a", 0));
        assertFalse(may(policy, peer(0), verb, "a", 0));
        assertFalse(may(policy, peer(1001, 1000), verb, "a", 1001));
        assertEquals(Optional.empty(), policy.checkAny(peer(1000), verb));
        assertTrue(policy.checkAny(peer(0), verb).isPresent());
        assertFalse(policy.letsOthersIn());
    }

    @Test
    void a_refusal_says_who_what_and_why() {
        Refusal refusal = AccessPolicy.sameUser(0).check(peer(33), Verb.RETRIEVE, SHOP, OptionalInt.of(0)).orElseThrow();
        assertEquals(Refusal.Reason.NOT_ALLOWED, refusal.reason());
        assertEquals("user 33 (pid 4711) may not retrieve 'listener:shop': only user 0 may, as the broker has no policy file", refusal.why());
        Refusal denied = policy("uid: web\naction: deny\n").check(peer(33), Verb.STORE, SHOP, OptionalInt.empty()).orElseThrow();
        assertTrue(denied.why().endsWith("the rule at policy:1 denies it"), denied.why());
    }

    @Test
    void the_first_rule_that_matches_decides() {
        AccessPolicy policy = policy("""
                # web gets its own listener, and nothing else of it
                uid: web
                verbs: [retrieve, list]
                names: ["listener:*"]
                action: allow
                ---
                uid: [web, 34]
                action: deny
                ---
                gid: www
                names: pipe:log
                action: allow
                """);
        assertTrue(may(policy, peer(33), Verb.RETRIEVE, "listener:shop", 0));
        assertFalse(may(policy, peer(33), Verb.DELETE, "listener:shop", 0));
        assertFalse(may(policy, peer(33, 80), Verb.RETRIEVE, "pipe:log", 0));
        assertFalse(may(policy, peer(34, 80), Verb.RETRIEVE, "pipe:log", 0));
        assertTrue(may(policy, peer(35, 80), Verb.DELETE, "pipe:log", 0));
        assertFalse(may(policy, peer(35, 80), Verb.DELETE, "pipe:log2", 0));
        assertFalse(may(policy, peer(35), Verb.DELETE, "pipe:log", 0));
        assertTrue(may(policy, peer(0), Verb.DELETE, "pipe:log", 0), "the own user where no rule speaks");
        assertTrue(policy.letsOthersIn());
    }

    @Test
    void a_rule_may_be_about_what_one_stored_oneself() {
        AccessPolicy policy = policy("stored-by: self\naction: allow\n");
        assertTrue(may(policy, peer(33), Verb.RETRIEVE, "a", 33));
        assertFalse(may(policy, peer(33), Verb.RETRIEVE, "a", 0));
        assertTrue(policy.check(peer(33), Verb.STORE, SHOP, OptionalInt.empty()).isEmpty(), "what is to come will be one's own");
        AccessPolicy webs = policy("stored-by: web\nuid: 40\nverbs: retrieve\naction: allow\n");
        assertTrue(may(webs, peer(40), Verb.RETRIEVE, "a", 33));
        assertFalse(may(webs, peer(40), Verb.RETRIEVE, "a", 0), "root's descriptors only where the policy says so");
    }

    @Test
    void a_program_that_is_not_known_is_not_let_in_and_not_let_off() {
        AccessPolicy policy = policy("executable: /usr/bin/shop\naction: allow\n---\ncgroup: /user.slice/**\naction: deny\n");
        Peer known = new Peer(33, 33, Set.of(), 1, Optional.of(new Peer.Program("/usr/bin/shop", List.of("/system.slice/shop.service"))));
        assertTrue(may(policy, known, Verb.LIST, "a", 0));
        Peer root = new Peer(0, 0, Set.of(), 1, Optional.of(new Peer.Program("/bin/sh", List.of("/user.slice/a/b"))));
        assertFalse(may(policy, root, Verb.LIST, "a", 0));
        assertFalse(may(policy, peer(0), Verb.LIST, "a", 0), "a rule that denies applies when the program cannot be told");
        assertTrue(policy.check(peer(0), Verb.LIST, SHOP, OptionalInt.of(0)).orElseThrow().why().contains("cannot be told"));
        assertTrue(policy.asksForProgram());
    }

    @Test
    void a_rule_can_have_folders_of_its_own() {
        AccessPolicy policy = policy("uid: web\nverbs: open\nfolders: [/srv/web]\naction: allow\n");
        assertEquals(List.of("/srv/web"), policy.foldersFor(peer(33), SHOP));
        assertEquals(List.of("/srv"), policy.foldersFor(peer(0), SHOP));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            uid: web                         | policy:1: the rule has no 'action: allow' or 'action: deny'
            action: maybe                    | policy:1: action: it is allow or deny
            uid: nobody-here\\naction: allow | policy:1: uid: there is no user 'nobody-here' in /etc
            colour: red\\naction: allow      | policy:1: there is no key 'colour'
            action: allow\\naction: deny     | policy:2: 'action' is there twice; between two rules is a line '---'
            verbs: [fly]\\naction: allow     | policy:1: verbs: there is no verb 'fly'
            folders: srv\\naction: allow     | policy:1: folders: they are absolute paths
            executable: shop\\naction: allow | policy:1: executable: it is one pattern of an absolute path
            names: [a\\naction: allow        | policy:1: a list ends with ']' in the same line
            uid:\\naction: allow             | policy:1: there is no value
            hello                            | policy:1: a line is 'key: value', at the margin
            """)
    void a_mistake_is_said_with_its_line(String text, String message) {
        String said = assertThrows(PolicyException.class, () -> policy(text.replace("\\n", "\n"))).getMessage();
        assertTrue(said.startsWith(message), said);
    }

    @ParameterizedTest
    @CsvSource({"listener:*,listener:a:b,true", "listener:?,listener:ab,false", "a.b,axb,false", "*,anything,true"})
    void names_match_by_glob(String glob, String name, boolean matches) {
        assertEquals(matches, Glob.ofName(glob).matches(name));
    }

    @ParameterizedTest
    @CsvSource({"/usr/bin/*,/usr/bin/x,true", "/usr/bin/*,/usr/bin/x/y,false", "/usr/**,/usr/bin/x/y,true", "/usr/?in/x,/usr//in/x,false"})
    void paths_match_by_glob_and_a_star_stops_at_a_slash(String glob, String path, boolean matches) {
        assertEquals(matches, Glob.ofPath(glob).matches(path));
    }
}

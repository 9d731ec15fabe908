package dev.thaw.bench;

import dev.thaw.fdbroker.broker.BrokerCodec;
import dev.thaw.fdbroker.broker.BrokerRequest;
import dev.thaw.fdbroker.broker.FdName;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;

/** The broker's packets: a request for some names, to bytes and back. */
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class CodecBench extends Timed {
    @Param({"1", "100"})
    public int names;

    private BrokerRequest request;
    private byte[] packet;

    @Setup
    public void make() {
        List<FdName> wanted = IntStream.range(0, names).mapToObj(i -> new FdName("pipe:app-" + i)).toList();
        request = new BrokerRequest.Retrieve(wanted);
        packet = BrokerCodec.encode(request);
    }

    @Benchmark
    public byte[] encode() {
        return BrokerCodec.encode(request);
    }

    @Benchmark
    public BrokerRequest decode() {
        return BrokerCodec.decodeRequest(packet);
    }
}
